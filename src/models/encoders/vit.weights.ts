/** ViT as published: `google/vit-*`, `facebook/dino-*` (Caron et al. 2021, arXiv:2104.14294), all of `model_type` vit. */
import { z } from "zod";
import { linear } from "../../nn/linear.ts";
import { colours } from "../colours.ts";
import type { Colours } from "../contracts.ts";
import { type Family, type PublishedClass, positiveSchema, readConfig } from "../published/class.ts";
import { renameLayer } from "../published/rules.ts";
import {
  configOf,
  fitPositions,
  headDrops,
  imageSource,
  labelFields,
  labelsOf,
  pictureClass,
  towerRules,
  vitFields,
} from "../published/vit.ts";
import type { VitConfig } from "./vit.ts";

const vitSchema = z.object({
  ...vitFields,
  ...labelFields,
  pooler_output_size: positiveSchema.nullish(),
  pooler_act: z.literal("tanh").default("tanh"),
});

/** ViTModel and DeiTModel, whose pooler is BERT's where they have one. */
export function pooledClass(specials: VitConfig["specials"]): PublishedClass {
  return (config, where, holds) => {
    const p = readConfig(vitSchema, config, where);
    const c = { ...configOf(p), specials };
    const hasPooler = holds("pooler.dense.weight");
    return pictureClass(c, [...towerRules(c), ...renameLayer("pooler.dense", "pooler")], (at) => {
      const to = p.pooler_output_size ?? c.width;
      const pool = hasPooler ? linear(at.in("pooler"), { from: c.width, to }) : undefined;
      return ({ patches }) => ({
        last_hidden_state: patches,
        ...(pool && { pooler_output: pool(patches.at(1, 0)).tanh() }),
      });
    });
  };
}

/** ViTForImageClassification and DeiTForImageClassification: one linear layer on the class token. */
export function classifierClass(specials: VitConfig["specials"]): PublishedClass {
  return (config, where) => {
    const p = readConfig(vitSchema, config, where);
    const c = { ...configOf(p), specials };
    return pictureClass(c, [...towerRules(c), ...renameLayer("classifier", "classifier")], (at) => {
      const classify = linear(at.in("classifier"), { from: c.width, to: labelsOf(p) });
      return ({ pooled }) => ({ logits: classify(pooled) });
    });
  };
}

/** The tower of `vitFields` and no others. */
export function plainImage(specials: VitConfig["specials"], of: Colours): NonNullable<Family["image"]> {
  return (config, where) => {
    const c = { ...configOf(readConfig(vitSchema, config, where)), specials };
    return imageSource(c, of, [...towerRules(c), ...headDrops], {
      stack: "encoder.layer",
      fit: (asked) => fitPositions("embeddings.position_embeddings", c, asked),
    });
  };
}

/** ViT and DINO. */
export const vitFamily: Family = {
  prefix: "vit",
  classes: { ViTModel: pooledClass(["class"]), ViTForImageClassification: classifierClass(["class"]) },
  image: plainImage(["class"], colours.halves),
};
