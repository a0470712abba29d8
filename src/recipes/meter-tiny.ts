/**
 * METER in small, pretrained on Emoji World captions.
 *
 * Command: bifocal train meter-tiny --out runs/meter-tiny
 */
import type { Recipe } from "./recipe.ts";

const blocks = { width: 128, heads: 4, hidden: 512, activation: "exact", dropout: 0 } as const;

/** First stage of the demonstration; the other small recipes share its sizes and settings. */
export const meterTiny: Recipe = {
  name: "meter-tiny",
  description: "METER with 2.3 M parameters, pretrained on Emoji World captions (MLM, ITM, ITC)",
  model: {
    kind: "meter",
    std: 0.07,
    image: { imageSize: 48, patch: 12, depth: 3, normFirst: false, epsilon: 1e-6, ...blocks },
    text: { vocab: 192, textLength: 30, positionOffset: 0, segments: 1, depth: 2, epsilon: 1e-12, ...blocks },
    fusion: { kind: "co-attention", depth: 2, epsilon: 1e-12, ...blocks },
  },
  task: {
    kind: "pretrain",
    mlm: { weight: 1, rate: 0.3, wholeWord: true },
    itm: { weight: 1, negatives: "random" },
    itc: { weight: 1, width: 64 },
  },
  data: { kind: "emoji-world", seed: 7 },
  train: {
    seed: 1,
    steps: 200,
    batch: 32,
    textLength: 30,
    accumulate: 1,
    optimizer: { lr: 1e-3, beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0.01, clip: 1 },
    schedule: { kind: "cosine", warmupSteps: 50, end: 0.02, power: 1 },
    factors: [],
    freeze: [],
    validation: { every: 100, batches: 4 },
    checkpoint: { every: 20, keep: 2 },
  },
};
