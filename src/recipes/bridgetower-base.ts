/**
 * BridgeTower as published, base: METER's towers, the upper six layers of each bridged to six layers of co-attention
 * (Xu et al. 2023, arXiv:2206.08657, sections 3 and 4.1). Hyper-parameters are those of the original code's
 * scripts/pre_train.sh. Data of the paper: COCO, Visual Genome, SBU, Conceptual Captions.
 *
 * Command: bifocal train bridgetower-base data.root=/data --out runs/bridgetower-base
 */
import { data, mlm, newParts, pretraining, randomItm } from "./pretraining.ts";
import type { Recipe } from "./recipe.ts";
import { clipB16, robertaBase } from "./towers-published.ts";

/** 326 M parameters without heads. */
export const bridgetowerBase = {
  name: "bridgetower-base",
  description:
    "BridgeTower with 326 M parameters: CLIP ViT-B/16, RoBERTa-base, 6 bridged layers of co-attention",
  model: {
    kind: "bridgetower",
    std: 0.02,
    image: { ...clipB16, imageSize: 288 },
    text: robertaBase,
    fusion: {
      width: 768,
      depth: 6,
      heads: 12,
      hidden: 3072,
      activation: "exact",
      norm: "post",
      dropout: 0.1,
      epsilon: 1e-12,
      bridge: "add",
      bridgeEpsilon: 1e-5,
      projections: "shared",
    },
  },
  task: { kind: "pretrain", mlm: mlm(false), itm: randomItm },
  data,
  train: pretraining({
    lr: 1e-5,
    steps: 100_000,
    warmupSteps: 10_000,
    pictures: 4096,
    textLength: 50,
    factors: newParts,
  }),
} as const satisfies Recipe;
