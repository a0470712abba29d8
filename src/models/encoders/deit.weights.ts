/** DeiT as published: `facebook/deit-base-distilled-*` and all others of `model_type` deit; token 1 is the distillation token. */
import { z } from "zod";
import { linear } from "../../nn/linear.ts";
import { colours } from "../colours.ts";
import { type Family, type PublishedModel, readConfig } from "../published/class.ts";
import { drop, renameLayer } from "../published/rules.ts";
import { configOf, labelFields, labelsOf, pictureClass, towerRules, vitFields } from "../published/vit.ts";
import { classifierClass, plainImage, pooledClass } from "./vit.weights.ts";

const specials = ["class", "distillation"] as const;

/** DeiTForImageClassificationWithTeacher: each of the two tokens has a classifier, the answer is their mean. */
function withTeacher(config: unknown, where: string): PublishedModel {
  const p = readConfig(z.object({ ...vitFields, ...labelFields }), config, where);
  const c = { ...configOf(p), specials };
  const heads = ["cls_classifier", "distillation_classifier"].flatMap((name) => renameLayer(name, name));
  return pictureClass(c, [...towerRules(c), ...heads], (at) => {
    const size = { from: c.width, to: labelsOf(p) };
    const classify = linear(at.in("cls_classifier"), size);
    const classifyDistilled = linear(at.in("distillation_classifier"), size);
    return ({ patches }) => {
      const cls_logits = classify(patches.at(1, 0));
      const distillation_logits = classifyDistilled(patches.at(1, 1));
      return { logits: cls_logits.add(distillation_logits).mul(0.5), cls_logits, distillation_logits };
    };
  });
}

const image = plainImage(specials, colours.imagenet);

/** DeiT. */
export const deitFamily: Family = {
  prefix: "deit",
  classes: {
    DeiTModel: pooledClass(specials),
    DeiTForImageClassification: classifierClass(specials),
    DeiTForImageClassificationWithTeacher: withTeacher,
  },
  image: (config, where) => {
    const source = image(config, where);
    const teacher = ["cls_classifier.**", "distillation_classifier.**"].map((name) =>
      drop(name, "is a classifier"),
    );
    return { ...source, rules: (asked) => [...source.rules(asked), ...teacher] };
  },
};
