import type { RandAugment } from "./rand-augment.ts";
import type { ResampleFilter } from "./resample-weights.ts";

/** How a whole picture becomes what a model reads: a square of the model's side, but for "own-shape". */
export type Fit =
  /** Both sides are resized; the proportions are lost. */
  | { readonly kind: "square" }
  /** The shorter side is resized to the square's divided by `share`, the middle is cut out. */
  | { readonly kind: "centre-crop"; readonly share: number }
  /** The longer side is resized to the square's; right of or below the picture comes grey of `level`, 0 to 255. */
  | { readonly kind: "pad"; readonly level: number }
  /**
   * The shorter side is resized to the square's, the longer one with it, at most 1333/800 of that; both are rounded down
   * to multiples of `divisor`. The picture lies at the top left of a canvas, see `canvasSide`.
   */
  | { readonly kind: "own-shape"; readonly divisor: number };

/** A part of a picture drawn at random: its share of the area, and width over height (uniform in the logarithm). */
export interface RandomCrop {
  readonly area: readonly [number, number];
  readonly ratio: readonly [number, number];
}

/**
 * What happens to a picture file on its way to the model. Evaluation knows `fit` and `filter` alone. Training takes a
 * random crop, resized to the square (with "own-shape": by its own shape), in place of `fit` where `crop` is given, then
 * mirrors, then augments. Mean and standard deviation belong to the model.
 */
export interface TransformConfig {
  readonly fit: Fit;
  readonly filter: ResampleFilter;
  readonly crop?: RandomCrop;
  /** Probability of mirroring left and right. A caption that says "left" is wrong of the mirrored picture. */
  readonly flip?: number;
  readonly randAugment?: RandAugment;
}

const wholeMiddle = { kind: "centre-crop", share: 1 } as const;
const ownShape = { kind: "own-shape", divisor: 32 } as const;

/** What published models do to pictures, by name. */
export const transforms = {
  /** Radford et al. 2021 (CLIP) at evaluation, and METER (2022, arXiv:2111.02387) in pretraining. */
  clip: { fit: wholeMiddle, filter: "bicubic" },
  /** METER's fine-tuning, "clip_randaug". Differs: the operations see the resized picture, there the file's. */
  "clip-randaug": {
    fit: wholeMiddle,
    filter: "bicubic",
    randAugment: { policy: "pillow", count: 2, magnitude: 9 },
  },
  /** VLMo (Bao et al. 2022, arXiv:2111.02358) and BEiT-3 at evaluation. */
  square: { fit: { kind: "square" }, filter: "bicubic" },
  /** VLMo's and BEiT-3's training, "square_transform_randaug". */
  "square-randaug": {
    fit: { kind: "square" },
    filter: "bicubic",
    crop: { area: [0.5, 1], ratio: [3 / 4, 4 / 3] },
    flip: 0.5,
    randAugment: { policy: "opencv", count: 2, magnitude: 7 },
  },
  /** ViLT (Kim et al. 2021, arXiv:2102.03334, section 4.1) at evaluation and in pretraining, "pixelbert". */
  "own-shape": { fit: ownShape, filter: "bicubic" },
  /** ViLT's fine-tuning, "pixelbert_randaug". Differs as "clip-randaug" does. */
  "own-shape-randaug": {
    fit: ownShape,
    filter: "bicubic",
    randAugment: { policy: "pillow", count: 2, magnitude: 9 },
  },
  /** ResNet's training since Szegedy et al. 2015 (arXiv:1409.4842, section 6), its evaluation at 256 for 224. */
  imagenet: {
    fit: { kind: "centre-crop", share: 0.875 },
    filter: "bilinear",
    crop: { area: [0.08, 1], ratio: [3 / 4, 4 / 3] },
    flip: 0.5,
  },
} as const satisfies Readonly<Record<string, TransformConfig>>;
