/**
 * SigLIP as published, `google/siglip-*`: a dual encoder whose every pair is a yes or no of its own. Zhai et al. 2023,
 * arXiv:2303.15343, section 3.2.
 */
import { z } from "zod";
import { unitNorm } from "../graph/functions.ts";
import { fixed } from "../nn/init.ts";
import { linear } from "../nn/linear.ts";
import { siglipTextConfig, siglipTextSource } from "./encoders/siglip-text.weights.ts";
import {
  siglipVisionConfig,
  siglipVisionRules,
  siglipVisionSource,
} from "./encoders/siglip-vision.weights.ts";
import { type Family, type PublishedModel, readConfig } from "./published/class.ts";
import { bothWays, half, pairClass, partOf, readPair, under } from "./published/pair.ts";
import { drop, rename, renameLayer, within } from "./published/rules.ts";
import { labelFields, labelsOf, pictureClass } from "./published/vit.ts";

const scales = [rename("logit_scale", "space.logScale"), rename("logit_bias", "space.bias")];

/** SiglipModel. The image tower is not projected. */
function model(config: unknown, where: string): PublishedModel {
  const { projection } = siglipTextConfig(partOf(config, where, "text_config"), where);
  const pair = readPair(config, where, siglipVisionSource, siglipTextSource);
  const rules = [...scales, ...renameLayer("text_model.head", "space.text")];
  return pairClass(pair, rules, (at, { widths }) => {
    const space = at.in("space");
    const project = linear(space.in("text"), { from: widths.text, to: projection });
    // Section 3.2: so that at first no pair is taken for one.
    const logScale = space.param("logScale", [1], fixed(Math.log(10)));
    const bias = space.param("bias", [1], fixed(-10));
    return (image, text) => {
      const projected = project(text.pooled);
      const [images, texts] = [unitNorm(image.pooled), unitNorm(projected)];
      return {
        ...bothWays(images.matmul(texts, { transB: true }).mul(logScale.exp()).add(bias)),
        image_embeds: images,
        text_embeds: texts,
        ...under("vision_model_output", { last_hidden_state: image.patches, pooler_output: image.pooled }),
        ...under("text_model_output", { last_hidden_state: text.words, pooler_output: projected }),
      };
    };
  });
}

const classifierSchema = z.object(labelFields);

/** SiglipForImageClassification: the mean of the patches. */
function classifier(config: unknown, where: string): PublishedModel {
  const p = readConfig(classifierSchema, config, where);
  const c = siglipVisionConfig(partOf(config, where, "vision_config"), where);
  const rules = [
    ...within("vision_model", "", siglipVisionRules(c)),
    ...renameLayer("classifier", "classifier"),
  ];
  return pictureClass(c, rules, (at) => {
    const classify = linear(at.in("classifier"), { from: c.width, to: labelsOf(p) });
    return ({ patches }) => ({ logits: classify(patches.mean(1)) });
  });
}

const shared = [
  drop("logit_scale", "scales similarities of pictures and texts"),
  drop("logit_bias", "shifts similarities of pictures and texts"),
  drop("classifier.**", "is the classifier"),
];

/** SigLIP. */
export const siglipFamily: Family = {
  prefix: "",
  classes: { SiglipModel: model, SiglipForImageClassification: classifier },
  image: half(siglipVisionSource, "vision_config", shared),
  text: half(siglipTextSource, "text_config", shared),
};
