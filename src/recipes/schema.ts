/** What a recipe may say, for the edge: files and settings from users are checked against this before anything runs. */
import { z } from "zod";
import type { RunConfig } from "../train/config.ts";

const positive = z.int().positive();
const count = z.int().nonnegative();
const rate = z.number().min(0).max(1);
const activation = z.enum(["exact", "tanh", "quick"]);
const path = z.string().min(1);
const std = z.number().positive();

const blocks = {
  width: positive,
  depth: positive,
  heads: positive,
  hidden: positive,
  activation,
  dropout: rate,
  epsilon: z.number().positive(),
};

const image = z.strictObject({ imageSize: positive, patch: positive, normFirst: z.boolean(), ...blocks });
const norm = z.enum(["pre", "post"]);
const text = z.strictObject({
  norm,
  vocab: positive,
  textLength: positive,
  positionOffset: count,
  segments: positive,
  ...blocks,
});
const fusion = z.strictObject({ kind: z.enum(["co-attention", "merged-attention"]), norm, ...blocks });

const model = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("meter"), std, image, text, fusion }),
  z.strictObject({ kind: z.literal("dual-encoder"), std, image, text }),
]);

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
    model,
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
    if (m.image.imageSize % m.image.patch !== 0)
      issue(["model", "image", "imageSize"], `a multiple of patch ${m.image.patch}`);
    const parts =
      m.kind === "meter"
        ? { image: m.image, text: m.text, fusion: m.fusion }
        : { image: m.image, text: m.text };
    for (const [name, part] of Object.entries(parts)) {
      if (part.width % part.heads !== 0) issue(["model", name, "width"], `a multiple of heads ${part.heads}`);
    }
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
