/**
 * VLMo as published, large (Bao et al. 2022, arXiv:2111.02358, section 4.1; unilm's vlmo/config.py).
 *
 * Command: bifocal train vlmo-large data.root=/data --out runs/vlmo-large
 */
import type { Recipe } from "./recipe.ts";
import { vlmoBase, vlmoTrain } from "./vlmo-base.ts";

/** 562 M parameters without pooler and heads. */
export const vlmoLarge: Recipe = {
  ...vlmoBase,
  name: "vlmo-large",
  description: "VLMo with 562 M parameters: 24 blocks of experts, the last 3 with one for pairs",
  model: {
    ...vlmoBase.model,
    image: { ...vlmoBase.model.image, width: 1024, depth: 24, heads: 16, hidden: 4096 },
    text: { ...vlmoBase.model.text, width: 1024 },
    jointFrom: 21,
  },
  task: { ...vlmoBase.task, itc: { weight: 1, width: 1024 } },
  train: vlmoTrain(5e-5),
};
