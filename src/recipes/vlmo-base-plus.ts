/**
 * VLMo as published, base_plus: deeper and narrower than base, with absolute positions and no LayerScale (Bao et al.
 * 2022, arXiv:2111.02358; unilm's vlmo/config.py).
 *
 * Command: bifocal train vlmo-base-plus data.root=/data --out runs/vlmo-base-plus
 */
import { colours } from "../models/colours.ts";
import type { Recipe } from "./recipe.ts";
import { bertWords, vitB } from "./towers-published.ts";
import { vlmoBase, vlmoTrain } from "./vlmo-base.ts";

/** 167 M parameters without pooler and heads. */
export const vlmoBasePlus: Recipe = {
  ...vlmoBase,
  name: "vlmo-base-plus",
  description: "VLMo with 167 M parameters: 24 narrow blocks of experts, the last 3 with one for pairs",
  model: {
    kind: "vlmo",
    std: 0.02,
    image: {
      ...vitB,
      width: 544,
      depth: 24,
      heads: 16,
      hidden: 2176,
      colours: colours.halves,
      imageSize: 224,
      patch: 16,
      positions: "learned",
      projectionBias: "not-key",
      dropPath: 0.1,
    },
    text: { ...bertWords, width: 544 },
    jointFrom: 21,
  },
  task: { ...vlmoBase.task, itc: { weight: 1, width: 544 } },
  train: vlmoTrain(1e-4),
};
