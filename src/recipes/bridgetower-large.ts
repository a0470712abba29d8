/**
 * BridgeTower as published, large: CLIP ViT-L/14 and RoBERTa-large (Xu et al. 2023, arXiv:2206.08657, appendix).
 * Hyper-parameters are those of the original code's scripts/pre_train_large.sh.
 *
 * Command: bifocal train bridgetower-large data.root=/data --out runs/bridgetower-large
 */
import { bridgetowerBase } from "./bridgetower-base.ts";
import type { Recipe } from "./recipe.ts";
import { clipL14, robertaLarge } from "./towers-published.ts";

/** 864 M parameters without heads. */
export const bridgetowerLarge: Recipe = {
  ...bridgetowerBase,
  name: "bridgetower-large",
  description:
    "BridgeTower with 864 M parameters: CLIP ViT-L/14, RoBERTa-large, 6 bridged layers of co-attention",
  model: {
    ...bridgetowerBase.model,
    image: { ...clipL14, imageSize: 294 },
    text: robertaLarge,
    fusion: { ...bridgetowerBase.model.fusion, width: 1024, heads: 16, hidden: 4096 },
  },
};
