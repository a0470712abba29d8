/** FLAVA as published: `facebook/flava-full`, without and with the heads it was pretrained with. */
import { z } from "zod";
import { unitNorm } from "../graph/functions.ts";
import type { Tensor } from "../graph/tensor.ts";
import { commonSpace } from "../nn/common-space.ts";
import { pooler, type WordHeadConfig, wordHead } from "../nn/heads.ts";
import { linear } from "../nn/linear.ts";
import type { Scope } from "../nn/scope.ts";
import { flavaImageSource, flavaTextSource } from "./flava-parts.weights.ts";
import {
  type Family,
  type Holds,
  type PublishedModel,
  positiveSchema,
  readConfig,
} from "./published/class.ts";
import {
  type FlavaNames,
  flavaEncoders,
  flavaInputs,
  needInputs,
  plainNames,
  readFlava,
} from "./published/flava-whole.ts";
import { type OpenTower, partOf } from "./published/pair.ts";
import { drop, rename, renameLayer, reshaped, within } from "./published/rules.ts";
import { segmentInputs, wordHeadOf } from "./published/text.ts";

const elsewhere = [
  drop("image_projection.**", "leads to the space shared by pictures and texts"),
  drop("text_projection.**", "leads to the space shared by pictures and texts"),
  drop("logit_scale", "scales similarities of pictures and texts"),
  ...[
    "image_codebook.**",
    "mim_head.**",
    "mlm_head.**",
    "itm_head.**",
    "mmm_image_head.**",
    "mmm_text_head.**",
  ].map((name) => drop(name, "belongs to pretraining")),
];

/** FlavaModel. */
function model(config: unknown, where: string): PublishedModel {
  const file = readFlava(config, where);
  return {
    inputs: flavaInputs(file),
    rules: [...file.rules, ...elsewhere],
    build: (at) => {
      const encode = flavaEncoders(at, file);
      return (given) => {
        needInputs(given);
        return encode(given, plainNames, true);
      };
    },
  };
}

const weight = z.number().default(1);
const pretrainingSchema = z.object({
  projection_dim: positiveSchema.default(768),
  skip_unmasked_multimodal_encoder: z.boolean().default(true),
  mim_weight: weight,
  mlm_weight: weight,
  itm_weight: weight,
  mmm_image_weight: weight,
  mmm_text_weight: weight,
  global_contrastive_weight: weight,
});

const spaceRules = [
  ...renameLayer("image_projection", "space.image"),
  ...renameLayer("text_projection", "space.text"),
  rename("logit_scale", "space.logScale", reshaped([], [1])),
];

/** A head that guesses what was hidden: its rules, and what builds it. */
function guessHead(
  name: string,
  { width, epsilon, activation }: Omit<WordHeadConfig, "classes">,
  classes: number,
  holds: Holds,
) {
  const c = { width, epsilon, activation, classes };
  const [dense, norm] = [`${name}.transform.dense`, `${name}.transform.LayerNorm`];
  const names = { dense, norm, decoder: `${name}.decoder`, bias: `${name}.bias` };
  return {
    rules: within("", name, wordHeadOf(c, names, false, holds).rules),
    build: (at: Scope) => wordHead(at.in(`${name}.head`), c),
  };
}

/**
 * FlavaForPreTraining as it answers without labels and `return_loss`: logits of all places. With labels the class
 * returns those of hidden places alone, of which there is another number in every batch.
 */
function pretraining(config: unknown, where: string, holds: Holds): PublishedModel {
  const p = readConfig(pretrainingSchema, config, where);
  const file = readFlava(config, where);
  const { image, text, joint } = file;
  const heads = {
    mim: guessHead("mim_head", image.c, image.codes, holds),
    mlm: guessHead("mlm_head", text, text.vocab, holds),
    patches: guessHead("mmm_image_head", image.c, image.codes, holds),
    words: guessHead("mmm_text_head", text, text.vocab, holds),
  };
  return {
    inputs: { ...flavaInputs(file), input_ids_masked: { ...segmentInputs.input_ids, optional: true } },
    rules: [
      ...file.rules,
      ...spaceRules,
      ...Object.values(heads).flatMap(({ rules }) => rules),
      ...renameLayer("itm_head.pooler.dense", "match.pool.dense"),
      ...renameLayer("itm_head.seq_relationship", "match.classes"),
      drop("image_codebook.**", "makes labels"),
    ],
    build: (at) => {
      const encode = flavaEncoders(at, file);
      const [mim, mlm] = [heads.mim.build(at), heads.mlm.build(at)];
      const [guessPatches, guessWords] = [heads.patches.build(at), heads.words.build(at)];
      const pool = pooler(at.in("match.pool"), joint.width);
      const match = linear(at.in("match.classes"), { from: joint.width, to: 2 });
      const widths = { image: image.c.width, text: text.width };
      const space = commonSpace(at.in("space"), { ...widths, width: p.projection_dim, bias: true });

      return (given) => {
        needInputs(given);
        const { bool_masked_pos: _, ...unhidden } = given;
        const { input_ids_masked = given.input_ids, ...rest } = given;
        const hidden = input_ids_masked === undefined ? rest : { ...rest, input_ids: input_ids_masked };
        const plain = encode(unhidden, plainNames, !p.skip_unmasked_multimodal_encoder);
        const masked = encode(hidden, maskedNames, true);
        const outputs: Record<string, Tensor> = { ...plain, ...masked };

        const { image_masked_embeddings: patches, text_masked_embeddings: words } = masked;
        const pair = masked.multimodal_masked_embeddings;
        if (pair === undefined) {
          if (patches && p.mim_weight > 0) outputs.mim_logits = mim(patches);
          if (words && p.mlm_weight > 0) outputs.mlm_logits = mlm(words);
        } else {
          const [N, T, P] = [pair, words!, patches!].map(({ shape }) => shape[1]!) as [
            number,
            number,
            number,
          ];
          if (p.itm_weight > 0) outputs.itm_logits = match(pool(pair.at(1, 0)));
          // Behind the class tokens of the pair and of the picture.
          if (p.mmm_image_weight > 0) outputs.mmm_image_logits = guessPatches(pair.slice(1, 2, P + 1));
          if (p.mmm_text_weight > 0) outputs.mmm_text_logits = guessWords(pair.slice(1, N - T, N));
        }
        const { image_embeddings: picture, text_embeddings: sentence } = plain;
        if (picture && sentence && p.global_contrastive_weight > 0) {
          const images = unitNorm(space.image(picture.at(1, 0)));
          const texts = unitNorm(space.text(sentence.at(1, 0)));
          const similarities = space.similarities(images, texts);
          outputs.contrastive_logits_per_image = similarities;
          outputs.contrastive_logits_per_text = similarities.swap(0, 1);
        }
        return outputs;
      };
    },
  };
}

const maskedNames: FlavaNames = { image: "image_masked_", text: "text_masked_", joint: "multimodal_masked_" };

/** A tower of a whole file. */
function towerOf<C>(open: OpenTower<C>, key: "image" | "text"): OpenTower<C> {
  const others = ["image", "text", "multimodal"].filter((other) => other !== key);
  const rest = [
    ...others.map((other) => drop(`${other}_model.**`, "is another encoder")),
    ...["image", "text"].map((name) => drop(`${name}_to_mm_projection.**`, "leads to the joint encoder")),
    ...elsewhere,
  ];
  return (config, where) => {
    const source = open(partOf(config, where, `${key}_config`), where);
    return {
      config: source.config,
      rules: (asked) => [...within(`${key}_model`, "", source.rules(asked)), ...rest],
    };
  };
}

/** FLAVA. */
export const flavaFamily: Family = {
  prefix: "flava",
  classes: { FlavaModel: model, FlavaForPreTraining: pretraining },
  image: towerOf(flavaImageSource, "image"),
  text: towerOf(flavaTextSource, "text"),
};
