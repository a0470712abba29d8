/** What a recipe may say about its data, for the edge. */
import { z } from "zod";
import { type TransformConfig, transforms } from "../data/transform-config.ts";
import { isOwnFiles } from "../datasets/files-config.ts";
import type { PictureForm } from "../datasets/pack-layout.ts";
import { packLayouts } from "../datasets/pack-layout.ts";
import { storedDatasets } from "../datasets/stored-dataset.ts";
import type { DataConfig } from "../tasks/source.ts";
import { count, positive, rate } from "./schema-model.ts";

const path = z.string().min(1);
const texts = z.union([path, z.array(path).min(1)]);

const emojiWorld = z.strictObject({
  kind: z.literal("emoji-world"),
  seed: count,
  concepts: z.int().min(8).max(32).multipleOf(4),
  augment: z.boolean().optional(),
});

const names = storedDatasets.map(({ name }) => name) as [string, ...string[]];
const forms = Object.keys(packLayouts) as [PictureForm, ...PictureForm[]];

const filesFields = {
  kind: z.literal("files"),
  name: z.enum(names),
  root: path.optional(),
  splits: z.record(path, z.union([path, z.array(path)])).optional(),
  form: z.enum(forms).optional(),
  columns: z.record(path, path).optional(),
  pictures: path.optional(),
  answers: z.union([path, z.strictObject({ atLeast: positive })]).optional(),
  annotators: z.enum(["one", "several"]).optional(),
  skip: texts.optional(),
};

const range = z.tuple([z.number().positive(), z.number().positive()]);

const presets = Object.keys(transforms) as (keyof typeof transforms)[];
const preset = z.enum(presets).transform((name): TransformConfig => transforms[name]);
const written = z.strictObject({
  fit: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("square") }),
    z.strictObject({ kind: z.literal("centre-crop"), share: rate.positive() }),
    z.strictObject({ kind: z.literal("pad"), level: z.int().min(0).max(255) }),
    z.strictObject({ kind: z.literal("own-shape"), divisor: positive }),
  ]),
  filter: z.enum(["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"]),
  crop: z.strictObject({ area: range, ratio: range }).exactOptional(),
  flip: rate.exactOptional(),
  randAugment: z
    .strictObject({
      policy: z.enum(["pillow", "opencv"]),
      count: positive,
      magnitude: z.number().nonnegative(),
    })
    .exactOptional(),
}) satisfies z.ZodType<TransformConfig>;
const transform = z.union([preset, written]).optional();

/** A data set, or several drawn from together. */
export const dataSchema = z
  .discriminatedUnion("kind", [
    emojiWorld,
    z.strictObject({ ...filesFields, transform }),
    z.strictObject({
      kind: z.literal("mixture"),
      order: z.enum(["ratio", "round-robin", "alternating"]),
      root: path.optional(),
      sources: z
        .array(
          z.strictObject({
            data: z.discriminatedUnion("kind", [emojiWorld, z.strictObject(filesFields)]),
            ratio: z.number().positive().optional(),
          }),
        )
        .min(1),
      transform,
    }),
  ])
  .superRefine((data, context) => {
    for (const [at, message] of dataProblems(data)) {
      context.addIssue({ code: "custom", path: at, message });
    }
  }) satisfies z.ZodType<DataConfig>;

/** What does not fit: where, and what is expected there. */
function dataProblems(data: DataConfig): [(string | number)[], string][] {
  if (data.kind === "emoji-world") return [];
  if (data.kind === "files") {
    if (isOwnFiles(data)) return [];
    const known = ["form", "columns", "pictures"] as const;
    return known.flatMap((key): [string[], string][] =>
      data[key] === undefined ? [] : [[[key], `none: the files of ${data.name} are known`]],
    );
  }
  return data.sources.flatMap(({ data: source, ratio }, i) => {
    const inner = dataProblems(source).map(([at, message]): [(string | number)[], string] => [
      ["sources", i, "data", ...at],
      message,
    ]);
    if ((ratio === undefined) === (data.order !== "ratio")) return inner;
    const message = data.order === "ratio" ? "a number" : "none, only order ratio reads it";
    return [...inner, [["sources", i, "ratio"], message]];
  });
}
