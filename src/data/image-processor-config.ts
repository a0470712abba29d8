import { z } from "zod";
import { fail } from "../core/errors.ts";
import {
  classDefaults,
  codebookDefaults,
  type ImageProcessorType,
  shorterByDefault,
} from "./image-processor-classes.ts";
import type { ResampleFilter } from "./resample-weights.ts";

/** How the size after resizing follows from a picture's own; all but "exact" keep its proportions, rounding down. */
export type ImageSize =
  | { readonly kind: "exact"; readonly height: number; readonly width: number }
  /** The shorter side becomes `edge`, unless the longer would be longer than `longest`. */
  | { readonly kind: "shorter"; readonly edge: number; readonly longest?: number }
  /** As "shorter" with 1333/800 of `edge` as the longest, then both sides down to a multiple of `divisor`. */
  | { readonly kind: "divisible"; readonly edge: number; readonly divisor: number };

/** What an image processor does to a picture, step by step; an absent step is not done. */
export interface ImageProcessorConfig {
  readonly resize?: { readonly size: ImageSize; readonly filter: ResampleFilter };
  readonly crop?: { readonly height: number; readonly width: number };
  /** Factor on the levels 0..255. */
  readonly rescale?: number;
  /** Subtracted and divided by after rescaling, per channel. */
  readonly normalize?: { readonly mean: readonly number[]; readonly std: readonly number[] };
  /** Squeezes [0, 1] into [0.1, 0.9] at the end, as DALL-E's codebook wants it (2021, arXiv:2102.12092, appendix A.3). */
  readonly squeeze: boolean;
  /** Pictures of a batch get zeros below and to the right up to the largest, and a mask. */
  readonly pad: boolean;
}

const side = z.int().positive();
const sizeSchema = z.union(
  [
    side,
    z.tuple([side, side]).transform(([height, width]) => ({ height, width })),
    z.strictObject({ height: side, width: side }),
    z.strictObject({ shortest_edge: side, longest_edge: side.nullish() }),
  ],
  "expected a side, [height, width], {height, width} or {shortest_edge, longest_edge}",
);
const levels = z.union(
  [z.number().transform((value) => [value, value, value]), z.array(z.number()).length(3)],
  "expected a number or three",
);
const filters = ["nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"] as const;

/** Null is no default: it puts a step off, and says that a value is not there. */
const flag = z
  .boolean()
  .nullable()
  .transform((value) => value === true);

const stepsSchema = z.object({
  do_resize: flag,
  size: sizeSchema,
  resample: z
    .int()
    .min(0)
    .max(5)
    .nullable()
    .transform((code) => (code === null ? undefined : filters[code])),
  do_center_crop: flag,
  crop_size: sizeSchema.nullish(),
  do_rescale: flag,
  rescale_factor: z.number().positive().nullable(),
  do_normalize: flag,
  image_mean: levels.nullable(),
  image_std: levels.nullable(),
  do_pad: flag,
  size_divisor: side.nullish(),
  crop_pct: z.number().positive().nullish(),
});
type Steps = z.output<typeof stepsSchema>;

/**
 * The steps that a preprocessor_config.json asks for; keys that no step has are other people's notes.
 * @throws BifocalError "checkpoint" with every problem.
 */
export function imageProcessorConfig(
  json: Readonly<Record<string, unknown>>,
  type: ImageProcessorType,
  where: string,
): ImageProcessorConfig {
  const fields = parse({ ...classDefaults[type], ...json }, where);
  const padding = type === "Vilt" || type === "BridgeTower";
  if (fields.do_pad && !padding) refuse(where, "do_pad", `false for ${type}`);
  if (type === "ConvNext") return convNext(fields, where);
  // ViLT's class has no cut, whatever its file says.
  const steps = type === "Vilt" ? { ...fields, do_center_crop: false } : fields;
  const size = resizedSize(steps.size, shorterByDefault.includes(type), where);
  return finish(steps, padding ? divisible(size, steps.size_divisor ?? 1, where) : size, where);
}

/** The steps that make the codebook's pixels of the same picture, in fields that begin with "codebook_". */
export function codebookConfig(json: Readonly<Record<string, unknown>>, where: string): ImageProcessorConfig {
  const own = Object.entries(json).flatMap(([key, value]) =>
    key.startsWith("codebook_") ? [[key.slice("codebook_".length), value] as const] : [],
  );
  const fields: Record<string, unknown> = Object.fromEntries(own);
  const steps = parse({ ...codebookDefaults, ...fields }, where);
  const config = finish(steps, resizedSize(steps.size, false, where), where);
  const { do_map_pixels: squeeze = true } = fields;
  return { ...config, squeeze: squeeze === true };
}

function parse(fields: unknown, where: string): Steps {
  const result = stepsSchema.safeParse(fields);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  return fail("checkpoint", where, {
    expected: "an image processor that Bifocal knows",
    got: problems.join("; "),
  });
}

function refuse(where: string, field: string, expected: string): never {
  return fail("checkpoint", `${where}, ${field}`, { expected, todo: "change the field in the file" });
}

/** Below 384 the shorter side becomes `edge / crop_pct` and the middle is cut out, else the picture is warped. */
function convNext(steps: Steps, where: string): ImageProcessorConfig {
  const size = resizedSize(steps.size, true, where);
  if (size.kind !== "shorter") return refuse(where, "size", "shortest_edge");
  if (steps.do_center_crop) return refuse(where, "do_center_crop", "false, crop_pct cuts already");
  const { edge } = size;
  if (edge >= 384) return finish(steps, { kind: "exact", height: edge, width: edge }, where);
  if (!steps.crop_pct) return refuse(where, "crop_pct", "a share where shortest_edge is below 384");
  const resized: ImageSize = { kind: "shorter", edge: Math.trunc(edge / steps.crop_pct) };
  return finish({ ...steps, do_center_crop: steps.do_resize, crop_size: edge }, resized, where);
}

function resizedSize(size: Steps["size"], shorter: boolean, where: string): ImageSize {
  if (typeof size === "number") {
    return shorter ? { kind: "shorter", edge: size } : { kind: "exact", height: size, width: size };
  }
  if ("height" in size) return { kind: "exact", ...size };
  const { shortest_edge: edge, longest_edge: longest } = size;
  if (longest && longest < edge) refuse(where, "size", "longest_edge not below shortest_edge");
  return { kind: "shorter", edge, ...(longest && { longest }) };
}

function divisible(size: ImageSize, divisor: number, where: string): ImageSize {
  if (size.kind !== "shorter") return refuse(where, "size", "shortest_edge");
  return { kind: "divisible", edge: size.edge, divisor };
}

function finish(steps: Steps, size: ImageSize, where: string): ImageProcessorConfig {
  const { resample, crop_size: crop, rescale_factor: rescale, image_mean: mean, image_std: std } = steps;
  const edge = crop && typeof crop === "object" && "shortest_edge" in crop ? crop.shortest_edge : crop;
  const cut = typeof edge === "number" ? { height: edge, width: edge } : edge;
  if (steps.do_resize && !resample) refuse(where, "resample", "a filter for do_resize");
  if (steps.do_center_crop && !cut) refuse(where, "crop_size", "a size for do_center_crop");
  if (steps.do_rescale && !rescale) refuse(where, "rescale_factor", "a factor for do_rescale");
  if (steps.do_normalize && !(mean && std)) refuse(where, "image_mean, image_std", "levels for do_normalize");
  return {
    ...(steps.do_resize && resample && { resize: { size, filter: resample } }),
    ...(steps.do_center_crop && cut && { crop: cut }),
    ...(steps.do_rescale && rescale && { rescale }),
    ...(steps.do_normalize && mean && std && { normalize: { mean, std } }),
    squeeze: false,
    pad: steps.do_pad,
  };
}
