/** CLIP as published, `openai/clip-vit-*`: a dual encoder with its projections to the common space. */
import { z } from "zod";
import { unitNorm } from "../graph/functions.ts";
import { commonSpace } from "../nn/common-space.ts";
import { linear } from "../nn/linear.ts";
import { clipTextOutputs, clipTextSource } from "./encoders/clip-text.weights.ts";
import {
  clipVisionConfig,
  clipVisionOutputs,
  clipVisionRules,
  clipVisionSource,
} from "./encoders/clip-vision.weights.ts";
import { type Family, type PublishedModel, positiveSchema, readConfig } from "./published/class.ts";
import { bothWays, half, pairClass, partOf, readPair, under } from "./published/pair.ts";
import { drop, type Rule, rename, renameLayer, reshaped, within } from "./published/rules.ts";
import { labelFields, labelsOf, pictureClass } from "./published/vit.ts";

const schema = z.object({ ...labelFields, projection_dim: positiveSchema.default(512) });

/** The projections and the temperature, for those who compare pictures and texts. */
export const clipSpaceRules: readonly Rule[] = [
  rename("visual_projection.weight", "image.weight"),
  rename("text_projection.weight", "text.weight"),
  rename("logit_scale", "logScale", reshaped([], [1])),
];

/** CLIPModel. Its text tower's pooled output is the projected one, and so is its image tower's. */
function model(config: unknown, where: string): PublishedModel {
  const { projection_dim: width } = readConfig(schema, config, where);
  const pair = readPair(config, where, clipVisionSource, clipTextSource);
  return pairClass(pair, within("", "space", clipSpaceRules), (at, { widths }) => {
    const space = commonSpace(at.in("space"), { ...widths, width, bias: false });
    return (image, text) => {
      const [projectedImage, projectedText] = [space.image(image.pooled), space.text(text.pooled)];
      const [images, texts] = [unitNorm(projectedImage), unitNorm(projectedText)];
      return {
        ...bothWays(space.similarities(images, texts)),
        image_embeds: images,
        text_embeds: texts,
        ...under("vision_model_output", { ...clipVisionOutputs(image), pooler_output: projectedImage }),
        ...under("text_model_output", { ...clipTextOutputs(text), pooler_output: projectedText }),
      };
    };
  });
}

/** CLIPForImageClassification: the mean of the patches, not yet normalised. */
function classifier(config: unknown, where: string): PublishedModel {
  const p = readConfig(schema, config, where);
  const c = clipVisionConfig(partOf(config, where, "vision_config"), where);
  const rules = [
    ...within("vision_model", "", clipVisionRules(c)),
    ...renameLayer("classifier", "classifier"),
  ];
  return pictureClass(c, rules, (at) => {
    const classify = linear(at.in("classifier"), { from: c.width, to: labelsOf(p) });
    return ({ layers }) => {
      const last = layers.at(-1)!;
      return { logits: classify(last.slice(1, 1, last.shape[1]!).mean(1)) };
    };
  });
}

const shared = [
  drop("visual_projection.**", "leads to the space shared by both towers"),
  drop("text_projection.**", "leads to the space shared by both towers"),
  drop("logit_scale", "scales similarities of pictures and texts"),
  drop("classifier.**", "is the classifier"),
];

/** CLIP. */
export const clipFamily: Family = {
  prefix: "",
  classes: { CLIPModel: model, CLIPForImageClassification: classifier },
  image: half(clipVisionSource, "vision_config", shared),
  text: half(clipTextSource, "text_config", shared),
};
