/**
 * Renaissance with one tower: words and patches run through the blocks of DINO's ViT-S/16 (Fields & Kennington 2024,
 * arXiv:2411.06657). Hyper-parameters are those of the original code's DINO preset; docs/renaissance.md has its
 * switches and defects. Data of the paper: COCO and Visual Genome.
 *
 * Command: bifocal train renaissance-one-tower data.root=/data --out runs/renaissance-one-tower
 */
import { colours } from "../models/colours.ts";
import { data, mlm, pretraining, randomItm } from "./pretraining.ts";
import type { Recipe } from "./recipe.ts";
import { bertWords } from "./towers-published.ts";

/** Embeddings are new, as in the original; `model.image.from` and `model.text.from` keep published ones. */
export const renaissanceOneTower: Recipe = {
  name: "renaissance-one-tower",
  description: "Renaissance's one-tower model: words and patches through the blocks of DINO ViT-S/16",
  model: {
    kind: "one-tower",
    std: 0.02,
    image: {
      kind: "patches",
      colours: colours.imagenet,
      imageSize: 224,
      patch: 16,
      width: 384,
      dropout: 0.1,
    },
    text: { ...bertWords, segments: 0, textLength: 50, width: 384 },
    tower: {
      from: "facebook/dino-vits16",
      width: 384,
      depth: 12,
      heads: 6,
      hidden: 1536,
      activation: "exact",
      norm: "pre",
      dropout: 0,
      epsilon: 1e-12,
    },
    pooler: "double",
  },
  task: { kind: "pretrain", mlm: mlm(true), itm: randomItm },
  data,
  train: pretraining({
    lr: 1e-5,
    steps: 100_000,
    warmupSteps: 10_000,
    pictures: 704,
    textLength: 50,
    factors: [{ path: "heads", factor: 5 }],
  }),
};
