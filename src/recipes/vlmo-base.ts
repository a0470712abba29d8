/**
 * VLMo as published, base, third stage: experts for words, patches and both in one BEiT-shaped transformer (Bao et al.
 * 2022, arXiv:2111.02358, sections 3 and 4.1). Hyper-parameters are those of the original code (unilm, vlmo/config.py).
 * Data of the paper: COCO, Visual Genome, SBU, Conceptual Captions. The two stages before it train on pictures and on
 * texts alone.
 *
 * Command: bifocal train vlmo-base data.root=/data --out runs/vlmo-base
 */

import { transforms } from "../data/transform-config.ts";
import { colours } from "../models/colours.ts";
import { data, mlm, pretraining } from "./pretraining.ts";
import type { Recipe } from "./recipe.ts";
import { bertWords, vitB } from "./towers-published.ts";

/** The rate differs by size. */
export const vlmoTrain = (lr: number) =>
  pretraining({ lr, steps: 200_000, warmupSteps: 20_000, pictures: 1024, textLength: 40 });

/** 175 M parameters without pooler and heads. */
export const vlmoBase = {
  name: "vlmo-base",
  description: "VLMo with 175 M parameters: 12 blocks of experts, the last 2 with one for pairs",
  model: {
    kind: "vlmo",
    std: 0.02,
    image: {
      ...vitB,
      colours: colours.halves,
      imageSize: 224,
      patch: 16,
      positions: "none",
      relativePositions: "each",
      projectionBias: "not-key",
      layerScale: 0.1,
      dropPath: 0.1,
    },
    text: { ...bertWords, textLength: 196 },
    jointFrom: 10,
  },
  task: {
    kind: "pretrain",
    itc: { weight: 1, width: 768 },
    itm: { weight: 1, negatives: "hard" },
    mlm: mlm(true, 0.25),
  },
  data: { ...data, transform: transforms["square-randaug"] },
  train: vlmoTrain(2e-4),
} as const satisfies Recipe;
