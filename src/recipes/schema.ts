/** What a recipe may say, for the edge: files and settings from users are checked against this before anything runs. */
import { z } from "zod";
import { requireLayers } from "../models/bridgetower.ts";
import type { RunConfig } from "../train/config.ts";
import { count, modelSchema, positive, rate } from "./schema-model.ts";

const path = z.string().min(1);

const task = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("pretrain"),
    mlm: z.strictObject({ weight: z.number(), rate, wholeWord: z.boolean() }).optional(),
    itm: z.strictObject({ weight: z.number(), negatives: z.enum(["random", "hard"]) }).optional(),
    itc: z.strictObject({ weight: z.number(), width: positive }).optional(),
  }),
  z.strictObject({ kind: z.literal("vqa"), questionsPerImage: positive.max(16) }),
]);

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
  freeze: z.array(path),
  validation: z.strictObject({ every: positive, batches: positive }),
  checkpoint: z.strictObject({ every: positive, keep: positive }),
});

/** The whole of a run's configuration, with the rules that join its parts. */
export const runSchema = z
  .strictObject({
    name: z.string().min(1),
    model: modelSchema,
    task,
    data: z.strictObject({
      kind: z.literal("emoji-world"),
      seed: count,
      concepts: z.int().min(8).max(32).multipleOf(4),
    }),
    train,
  })
  .superRefine((config, context) => {
    const issue = (at: (string | number)[], message: string) =>
      context.addIssue({ code: "custom", path: at, message });
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
    if (config.train.textLength > m.text.textLength) {
      issue(["train", "textLength"], `at most model.text.textLength ${m.text.textLength}`);
    }
    if (t.kind === "vqa" && m.kind === "dual-encoder")
      issue(["task", "kind"], "a model with a fusion for vqa");
    if (t.kind === "pretrain") {
      if (t.mlm === undefined && t.itm === undefined && t.itc === undefined)
        issue(["task"], "one of mlm, itm, itc");
      if (m.kind === "dual-encoder" && (t.mlm ?? t.itm))
        issue(["task"], "only itc for a model without a fusion");
      if (t.itm?.negatives === "hard" && t.itc === undefined)
        issue(["task", "itc"], "itc, which hard negatives are drawn by");
      if (config.train.batch < 2 && (t.itm ?? t.itc)) issue(["train", "batch"], "at least 2 for itm and itc");
    }
  }) satisfies z.ZodType<RunConfig>;
