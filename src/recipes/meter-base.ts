/**
 * METER at the size of the paper: CLIP ViT-B/16 without its last block, RoBERTa-base, six layers of co-attention
 * (Dou et al. 2022, arXiv:2111.02387, sections 3 and 4.1): 319 M parameters without heads. The
 * learning rate is five times larger for fusion and heads, as the paper's section 4.1 says.
 *
 * Here it reads Emoji World; the official data come with their readers.
 */
import { colours } from "../models/colours.ts";
import { meterTiny } from "./meter-tiny.ts";
import type { Recipe } from "./recipe.ts";

const base = { width: 768, heads: 12, hidden: 3072 } as const;

/** A step is 512 passes of 8 pictures: the 4096 of the paper. */
export const meterBase: Recipe = {
  name: "meter-base",
  description:
    "METER with 319 M parameters: CLIP ViT-B/16 (11 blocks), RoBERTa-base, 6 layers of co-attention",
  model: {
    kind: "meter",
    std: 0.02,
    image: {
      kind: "vit",
      colours: colours.clip,
      imageSize: 224,
      patch: 16,
      depth: 11,
      normFirst: true,
      activation: "quick",
      dropout: 0,
      epsilon: 1e-5,
      ...base,
    },
    text: {
      kind: "bert",
      vocab: 50265,
      textLength: 512,
      positionOffset: 2,
      segments: 1,
      depth: 12,
      activation: "exact",
      norm: "post",
      dropout: 0.1,
      epsilon: 1e-5,
      ...base,
    },
    fusion: {
      kind: "co-attention",
      depth: 6,
      activation: "exact",
      norm: "post",
      dropout: 0.1,
      epsilon: 1e-12,
      ...base,
    },
  },
  task: {
    kind: "pretrain",
    mlm: { weight: 1, rate: 0.15, wholeWord: false },
    itm: { weight: 1, negatives: "random" },
  },
  data: { kind: "emoji-world", seed: 7, concepts: 32 },
  train: {
    ...meterTiny.train,
    steps: 100_000,
    batch: 8,
    accumulate: 512,
    textLength: 50,
    optimizer: { lr: 1e-5, beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0.01, clip: null },
    schedule: { kind: "linear", warmupSteps: 10_000, end: 0, power: 1 },
    factors: [
      { path: "model.fusion", factor: 5 },
      { path: "heads", factor: 5 },
    ],
    validation: { every: 1000, batches: 50 },
    checkpoint: { every: 1000, keep: 2 },
  },
};
