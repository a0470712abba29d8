/** Settings the ViLT family of papers shares for pretraining on four million pictures. */
import type { TrainConfig } from "../train/config.ts";
import { meterTiny } from "./meter-tiny.ts";

/** What differs from paper to paper; `pictures` of one step come in passes of 8. */
interface Pretraining {
  readonly lr: number;
  readonly steps: number;
  readonly warmupSteps: number;
  readonly pictures: number;
  readonly textLength: number;
  readonly factors?: TrainConfig["factors"];
}

/** AdamW with the second moment's decay at 0.98, a linear rise and a linear fall to zero, no clipping. */
export function pretraining(p: Pretraining): TrainConfig {
  return {
    ...meterTiny.train,
    steps: p.steps,
    batch: 8,
    accumulate: p.pictures / 8,
    textLength: p.textLength,
    optimizer: { lr: p.lr, beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0.01, clip: null },
    schedule: { kind: "linear", warmupSteps: p.warmupSteps, end: 0, power: 1 },
    factors: p.factors ?? [],
    validation: { every: 1000, batches: 50 },
    checkpoint: { every: 1000, keep: 2 },
  };
}

/** METER's: five times the rate for all that starts at random (Dou et al. 2022, arXiv:2111.02387, section 4.1). */
export const newParts = [
  { path: "model.fusion", factor: 5 },
  { path: "model.projectPatches", factor: 5 },
  { path: "model.projectWords", factor: 5 },
  { path: "heads", factor: 5 },
] as const;

/** The masked-word objective at BERT's rate. */
export const mlm = (wholeWord: boolean, weight = 1) => ({ weight, rate: 0.15, wholeWord });

/** Half of the texts with another picture. */
export const randomItm = { weight: 1, negatives: "random" } as const;

/** The embedded data, until the official ones are read: see the data set's own pages for those. */
export const data = { kind: "emoji-world", seed: 7, concepts: 32 } as const;
