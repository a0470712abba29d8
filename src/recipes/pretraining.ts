/** Settings the ViLT family of papers shares for pretraining on four million pictures. */
import type { DataConfig } from "../tasks/source.ts";
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

const source = (name: string, texts: number, more: object = {}) => ({
  data: { kind: "files" as const, name, root: name, ...more },
  ratio: texts,
});

/**
 * What the ViLT family pretrains on, four million pictures: every source is drawn as often as it has texts (Kim, Son & Kim
 * 2021, arXiv:2102.03334, table 1). `data.root` is the folder in which theirs lie, named as here; the validation split
 * is COCO's.
 */
export const data: DataConfig = {
  kind: "mixture",
  order: "ratio",
  sources: [
    source("coco-captions", 567_000),
    source("visual-genome", 5_410_000),
    source("sbu", 867_000),
    source("cc3m", 3_010_000, { splits: { val: [] } }),
  ],
};
