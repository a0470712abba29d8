/**
 * METER in small, pretrained on Emoji World captions.
 *
 * Command: bifocal train meter-tiny --out runs/meter-tiny
 */
import { colours } from "../models/colours.ts";
import type { ModelConfig } from "../models/index.ts";
import type { Recipe } from "./recipe.ts";

const blocks = { width: 128, heads: 4, hidden: 512, activation: "exact", dropout: 0 } as const;

/** The model, for recipes that change a part of it. */
export const meterTinyModel: Extract<ModelConfig, { readonly kind: "meter" }> = {
  kind: "meter",
  std: 0.07,
  image: {
    kind: "vit",
    colours: colours.halves,
    imageSize: 48,
    patch: 12,
    depth: 3,
    normFirst: false,
    epsilon: 1e-6,
    ...blocks,
  },
  text: {
    kind: "bert",
    vocab: 192,
    textLength: 22,
    positionOffset: 0,
    segments: 1,
    depth: 2,
    norm: "pre",
    epsilon: 1e-12,
    ...blocks,
  },
  fusion: { kind: "merged-attention", depth: 2, norm: "pre", epsilon: 1e-12, ...blocks },
};

/** First stage of the demonstration; the other small recipes share its sizes and settings. */
export const meterTiny: Recipe = {
  name: "meter-tiny",
  description: "METER with 1.7 M parameters, pretrained on Emoji World captions (MLM, ITM, ITC)",
  model: meterTinyModel,
  task: {
    kind: "pretrain",
    mlm: { weight: 1, rate: 0.3, wholeWord: true },
    itm: { weight: 1, negatives: "random" },
    itc: { weight: 1, width: 64 },
  },
  data: { kind: "emoji-world", seed: 7, concepts: 8 },
  train: {
    seed: 1,
    steps: 420,
    batch: 32,
    textLength: 22,
    accumulate: 1,
    optimizer: { lr: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, clip: 1 },
    schedule: { kind: "cosine", warmupSteps: 50, end: 0.02, power: 1 },
    factors: [],
    freeze: [],
    validation: { every: 100, batches: 4 },
    checkpoint: { every: 25, keep: 2 },
  },
};
