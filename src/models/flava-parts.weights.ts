/** FLAVA's encoders alone as published: its picture tower, its text tower and the joint one. */
import type { Scope } from "../nn/scope.ts";
import { colours } from "./colours.ts";
import { bert } from "./encoders/bert.ts";
import { jointEncoder } from "./flava.ts";
import { type Family, type Holds, type PublishedModel, traces } from "./published/class.ts";
import {
  imageEncoder,
  imageRules,
  jointRules,
  lastOutputs,
  maskInput,
  poolOf,
  readImage,
  readJoint,
  readText,
  textRules,
  textTowerRules,
} from "./published/flava.ts";
import { segmentInputs, textClass, headDrops as textDrops, textSource } from "./published/text.ts";
import { fitPositions, headDrops as imageDrops, imageSource, towerRules } from "./published/vit.ts";

const hasPooler = (holds: Holds) => holds("pooler.dense.weight");

/** FlavaImageModel. */
function imageModel(config: unknown, where: string, holds: Holds): PublishedModel {
  const image = readImage(config, where);
  return {
    inputs: { pixel_values: { dtype: "f32", axes: "B 3 Y X" }, ...maskInput(image) },
    rules: imageRules(image),
    build: (at) => {
      const encode = imageEncoder(at, image);
      const pool = poolOf(at, image.c.width, hasPooler(holds));
      return ({ pixel_values, bool_masked_pos }) => {
        const { patches, layers, attention } = encode(pixel_values!, bool_masked_pos);
        return { ...lastOutputs(patches, pool), ...traces(layers, attention) };
      };
    },
  };
}

/** FlavaTextModel. */
function textModel(config: unknown, where: string, holds: Holds): PublishedModel {
  const c = readText(config, where);
  const tower = (at: Scope) => bert(at, c);
  return textClass(segmentInputs, textRules, tower, (at) => {
    const pool = poolOf(at, c.width, hasPooler(holds));
    return ({ words }) => lastOutputs(words, pool);
  });
}

/** FlavaMultimodalModel: N tokens, and M with its own in front. */
function jointModel(config: unknown, where: string, holds: Holds): PublishedModel {
  const c = readJoint(config, where);
  return {
    inputs: {
      hidden_states: { dtype: "f32", axes: `B N ${c.width}` },
      attention_mask: { dtype: "i32", axes: c.classToken ? "B M" : "B N", optional: true },
    },
    rules: jointRules("fusion"),
    build: (at) => {
      const encode = jointEncoder(at.in("fusion"), c);
      const pool = poolOf(at, c.width, hasPooler(holds));
      return ({ hidden_states, attention_mask }) => {
        const { tokens, layers, attention } = encode(hidden_states!, attention_mask?.equal(0).not());
        return { ...lastOutputs(tokens, pool), ...traces(layers, attention) };
      };
    },
  };
}

/** The picture tower of its file. */
export const flavaImageSource: NonNullable<Family["image"]> = (config, where) => {
  const { c } = readImage(config, where);
  return imageSource(c, colours.clip, [...towerRules(c), ...imageDrops], {
    stack: "encoder.layer",
    fit: (asked) => fitPositions("embeddings.position_embeddings", c, asked),
  });
};

/** The text tower of its file. */
export const flavaTextSource: NonNullable<Family["text"]> = (config, where) => {
  const c = readText(config, where);
  return textSource(
    { kind: "bert", ...c },
    { stack: "encoder.layer", rules: textTowerRules, drops: textDrops },
  );
};

/** The picture tower alone. */
export const flavaImageFamily: Family = {
  prefix: "",
  classes: { FlavaImageModel: imageModel },
  image: flavaImageSource,
};

/** The text tower alone. */
export const flavaTextFamily: Family = {
  prefix: "",
  classes: { FlavaTextModel: textModel },
  text: flavaTextSource,
};

/** The joint encoder alone. */
export const flavaJointFamily: Family = { prefix: "", classes: { FlavaMultimodalModel: jointModel } };
