/**
 * METER as published: CLIP ViT-B/16 without its last block, RoBERTa-base, six layers of co-attention
 * (Dou et al. 2022, arXiv:2111.02387, sections 3 and 4.1): 319 M parameters without heads. Hyper-parameters are those
 * of the original code's task_mlm_itm_clip_bert. Data of the paper: COCO, Visual Genome, SBU, Conceptual Captions.
 *
 * Command: bifocal train meter data.root=/data --out runs/meter
 */
import { transforms } from "../data/transform-config.ts";
import { data, mlm, newParts, pretraining, randomItm } from "./pretraining.ts";
import type { Recipe } from "./recipe.ts";
import { clipB16, robertaBase } from "./towers-published.ts";

/** A step is 512 passes of 8 pictures: the 4096 of the paper. */
export const meter = {
  name: "meter",
  description:
    "METER with 319 M parameters: CLIP ViT-B/16 (11 blocks), RoBERTa-base, 6 layers of co-attention",
  model: {
    kind: "meter",
    std: 0.02,
    image: { ...clipB16, depth: 11, imageSize: 288 },
    text: robertaBase,
    fusion: {
      kind: "co-attention",
      width: 768,
      depth: 6,
      heads: 12,
      hidden: 3072,
      activation: "exact",
      norm: "post",
      dropout: 0.1,
      epsilon: 1e-12,
    },
  },
  task: { kind: "pretrain", mlm: mlm(false), itm: randomItm },
  data: { ...data, transform: transforms.clip },
  train: pretraining({
    lr: 1e-5,
    steps: 100_000,
    warmupSteps: 10_000,
    pictures: 4096,
    textLength: 50,
    factors: newParts,
  }),
} as const satisfies Recipe;
