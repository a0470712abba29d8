import type { Rng } from "../core/rng.ts";
import {
  autoContrast,
  brightness,
  contrast,
  equalize,
  posterize,
  saturation,
  sharpness,
  solarize,
  solarizeAdd,
} from "./colour-operations.ts";
import type { RgbImage } from "./rgb-image.ts";
import { type Affine, rotation, warpLinear, warpNearest } from "./warp.ts";

/**
 * RandAugment (Cubuk et al. 2020, arXiv:1909.13719): `count` operations drawn one after another, repetitions allowed,
 * all of one strength.
 */
export interface RandAugment {
  /** Which operations there are, how strong, and at what `magnitude` their range ends: see `augmentPolicies`. */
  readonly policy: AugmentPolicy;
  readonly count: number;
  readonly magnitude: number;
}

/** The name of a set of operations. */
export type AugmentPolicy = "pillow" | "opencv";

/**
 * One operation: `share` of its range, 0 to 1; `sign` is -1 or 1, at random; `pixel` as in `randAugment`. It may write
 * over the picture.
 */
export type AugmentOperation = (image: RgbImage, share: number, sign: number, pixel: number) => RgbImage;

interface Policy {
  /** The magnitude at which ranges end. */
  readonly largest: number;
  /** The probability that a drawn operation is done at all. */
  readonly probability: number;
  readonly operations: Readonly<Record<string, AugmentOperation>>;
}

const enhanced = (share: number) => 0.1 + 1.8 * share;
const moved = (x: number, y: number): Affine => [1, 0, x, 0, 1, y];
const rotate: AugmentOperation = (image, share, sign) =>
  warpNearest(image, rotation(image, 30 * share * sign));
const around = 128;

/** The sets of operations that published models were trained with. */
export const augmentPolicies: Readonly<Record<AugmentPolicy, Policy>> = {
  /** ViLT (Kim et al. 2021, arXiv:2102.03334) and METER, vilt/transforms/randaug.py: no inversion and no cutout. */
  pillow: {
    largest: 30,
    probability: 1,
    operations: {
      autoContrast,
      equalize,
      rotate,
      posterize: (image, share) => posterize(image, Math.max(1, Math.floor(4 * share))),
      solarize: (image, share) => solarize(image, 256 * share),
      solarizeAdd: (image, share) => solarizeAdd(image, 110 * share),
      saturation: (image, share) => saturation(image, enhanced(share)),
      contrast: (image, share) => contrast(image, enhanced(share)),
      brightness: (image, share) => brightness(image, enhanced(share)),
      sharpness: (image, share) => sharpness(image, enhanced(share)),
      shearX: (image, share, sign) => warpNearest(image, [1, 0.3 * share * sign, 0, 0, 1, 0]),
      shearY: (image, share, sign) => warpNearest(image, [1, 0, 0, 0.3 * share * sign, 1, 0]),
      translateX: (image, share, sign, pixel) => warpNearest(image, moved(100 * share * sign * pixel, 0)),
      translateY: (image, share, sign, pixel) => warpNearest(image, moved(0, 100 * share * sign * pixel)),
    },
  },
  /**
   * VLMo (Bao et al. 2022, arXiv:2111.02358) and BEiT-3, vlmo/transforms/square_transform.py.
   * Differs: levels that sharpening drives out of range stay at their end, there they wrap around.
   */
  opencv: {
    largest: 10,
    probability: 0.5,
    operations: {
      identity: (image) => image,
      autoContrast,
      equalize,
      brightness: (image, share) => brightness(image, enhanced(share)),
      sharpness: (image, share) => sharpness(image, enhanced(share)),
      shearX: (image, share, sign) => warpLinear(image, [1, 0.3 * share * sign, 0, 0, 1, 0], around),
      shearY: (image, share, sign) => warpLinear(image, [1, 0, 0, 0.3 * share * sign, 1, 0], around),
      translateX: (image, share, sign) => warpLinear(image, moved(10 * share * sign, 0), around),
      translateY: (image, share, sign) => warpLinear(image, moved(0, 10 * share * sign), around),
      rotate: (image, share, sign) => warpLinear(image, rotation(image, 30 * share * sign), around),
    },
  },
};

/**
 * Augments a picture, whose memory may be written over. `pixel` is what a pixel of the file measures on it: ViLT moves by pixels of the file, before it
 * resizes.
 */
export function randAugment(image: RgbImage, config: RandAugment, pixel: number, draw: Rng): RgbImage {
  const { largest, probability, operations } = augmentPolicies[config.policy];
  const names = Object.keys(operations);
  let result = image;
  for (let i = 0; i < config.count; i++) {
    const operation = operations[draw.pick(names)]!;
    const [happens, sign] = [draw.uniform() < probability, draw.uniform() < 0.5 ? -1 : 1];
    if (happens) result = operation(result, config.magnitude / largest, sign, pixel);
  }
  return result;
}
