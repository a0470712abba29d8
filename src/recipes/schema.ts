/** What a recipe may say, for the edge: files and settings from users are checked against this before anything runs. */
import { z } from "zod";
import { requireLayers } from "../models/bridgetower.ts";
import { variesPictures } from "../tasks/source.ts";
import type { RunConfig } from "../train/config.ts";
import { dataSchema } from "./schema-data.ts";
import { count, modelSchema, positive, rate } from "./schema-model.ts";
import { fineTuningProblems, pretrainProblems, taskSchema } from "./schema-task.ts";
import { shapeProblems } from "./shape-problems.ts";
import { traceRun } from "./trace-run.ts";

const path = z.string().min(1);

const train = z.strictObject({
  seed: count,
  steps: positive,
  batch: positive,
  textLength: positive,
  accumulate: positive,
  optimizer: z.strictObject({
    lr: z.number().positive(),
    beta1: rate,
    beta2: rate,
    epsilon: z.number().positive(),
    weightDecay: z.number().nonnegative(),
    clip: z.number().positive().nullable(),
  }),
  schedule: z.strictObject({
    kind: z.enum(["constant", "linear", "polynomial", "cosine"]),
    warmupSteps: count,
    end: rate,
    power: z.number().positive(),
  }),
  factors: z.array(z.strictObject({ path, factor: z.number().positive() })),
  layerDecay: z
    .array(z.strictObject({ path, factor: rate.refine((factor) => factor > 0, "more than 0") }))
    .optional(),
  freeze: z.array(z.union([path, z.strictObject({ path, until: positive })])),
  ema: z.strictObject({ decay: rate.refine((decay) => decay < 1, "less than 1") }).optional(),
  recompute: z.literal("blocks").optional(),
  cacheFeatures: z.strictObject({ gigabytes: z.number().positive() }).optional(),
  rename: z.array(z.strictObject({ path, to: path })).optional(),
  validation: z.strictObject({ every: positive, batches: positive }),
  checkpoint: z.strictObject({ every: positive, keep: positive }),
});

/** The whole of a run's configuration, with the rules that join its parts. */
export const runSchema = z
  .strictObject({
    name: z.string().min(1),
    model: modelSchema,
    task: taskSchema,
    data: dataSchema,
    train,
  })
  .superRefine((config, context) => {
    let sound = true;
    const issue = (at: (string | number)[], message: string) => {
      sound = false;
      context.addIssue({ code: "custom", path: at, message });
    };
    const { model: m, task: t } = config;
    if (typeof m.image.imageSize !== "number") {
      issue(["model", "image", "imageSize"], "one side: runs use square pictures");
    } else if ("patch" in m.image && m.image.imageSize % m.image.patch !== 0) {
      issue(["model", "image", "imageSize"], `a multiple of patch ${m.image.patch}`);
    }
    for (const [name, part] of Object.entries(m)) {
      if (typeof part !== "object" || !("heads" in part && "width" in part)) continue;
      if (part.width % part.heads !== 0) issue(["model", name, "width"], `a multiple of heads ${part.heads}`);
    }
    if (m.kind === "bridgetower") requireLayers(m);
    if (config.train.cacheFeatures !== undefined) {
      if (!config.train.freeze.some((entry) => typeof entry === "string")) {
        issue(
          ["train", "cacheFeatures"],
          "nothing, or towers that never learn: train.freeze=[model.image, model.text]",
        );
      }
      if (variesPictures(config.data)) {
        issue(
          ["train", "cacheFeatures"],
          "nothing, or pictures that are the same every time: data.augment=false, or a transform without chance",
        );
      }
    }
    if (config.train.textLength > m.text.textLength) {
      issue(["train", "textLength"], `at most model.text.textLength ${m.text.textLength}`);
    }
    const problems =
      t.kind === "pretrain"
        ? pretrainProblems(m, t, config.train.batch)
        : fineTuningProblems(m, t, config.train.batch);
    for (const [at, expected] of [...problems, ...shapeProblems(m, t, config.data)]) issue(at, expected);
    if (sound) traceRun(config);
  }) satisfies z.ZodType<RunConfig>;
