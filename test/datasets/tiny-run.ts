/** Runs of a model of some thousand parameters on the fixtures of official data sets. */
import { join } from "node:path";
import { defaultBackend } from "#src/backends/default.ts";
import { openRun } from "#src/eval/open-run.ts";
import { openRunFolder } from "#src/files/run-folder.ts";
import { colours } from "#src/models/colours.ts";
import { runSchema } from "#src/recipes/schema.ts";
import { validate } from "#src/recipes/validate.ts";
import type { RunConfig } from "#src/train/config.ts";
import { train } from "#src/train/trainer.ts";

const blocks = { depth: 1, activation: "exact", dropout: 0, epsilon: 1e-6 } as const;

/** A small METER; pictures of 16 pixels. */
export const tinyModel = {
  kind: "meter",
  std: 0.1,
  pictures: 2,
  image: {
    ...blocks,
    kind: "vit",
    colours: colours.halves,
    imageSize: 16,
    patch: 8,
    width: 8,
    heads: 2,
    hidden: 12,
    normFirst: false,
  },
  text: {
    ...blocks,
    kind: "bert",
    norm: "post",
    vocab: 260,
    textLength: 24,
    positionOffset: 0,
    segments: 1,
    width: 12,
    heads: 3,
    hidden: 14,
  },
  fusion: { ...blocks, kind: "co-attention", norm: "pre", width: 10, heads: 2, hidden: 16 },
} as const;

/** With a decoder where captions are written. */
const decoder = { ...blocks, norm: "pre", heads: 2, hidden: 12 } as const;

/** The configuration of three steps, checked as a recipe's. */
export function tinyConfig(task: object, data: object, more: object = {}): RunConfig {
  const config = {
    name: "tiny",
    model: { ...tinyModel, ...("kind" in task && task.kind === "captioning" && { decoder }) },
    task,
    data,
    train: {
      seed: 1,
      steps: 3,
      batch: 3,
      textLength: 20,
      accumulate: 1,
      optimizer: { lr: 1e-3, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.01, clip: 1 },
      schedule: { kind: "linear", warmupSteps: 1, end: 0, power: 1 },
      factors: [],
      freeze: [],
      validation: { every: 3, batches: 2 },
      checkpoint: { every: 2, keep: 1 },
      ...more,
    },
  };
  return validate(runSchema, config, "tiny");
}

/** Trains in the folder `out`, or continues there; stops after `steps`. */
export function trainTiny(config: RunConfig, out: string, steps = Number.POSITIVE_INFINITY, resume = false) {
  let asked = 0;
  // The trainer asks at the start and after every step.
  const signal = {
    get aborted() {
      return asked++ >= steps;
    },
  } as AbortSignal;
  return train({
    config,
    out,
    resume,
    from: undefined,
    backend: defaultBackend,
    signal,
  });
}

/** The finished run, opened without its data. */
export async function openTiny(config: RunConfig, out: string) {
  return openRun(await openRunFolder(join(out)), config, "final");
}
