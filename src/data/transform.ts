import { fail } from "../core/errors.ts";
import { type Rng, rng } from "../core/rng.ts";
import { decodeRgb } from "./decode.ts";
import { sizeAfterResize } from "./image-processor-size.ts";
import { randAugment } from "./rand-augment.ts";
import { resample } from "./resample.ts";
import { cut, mirrored, type Region, type RgbImage } from "./rgb-image.ts";
import type { Fit, RandomCrop, TransformConfig } from "./transform-config.ts";

/**
 * Makes of a picture file's bytes u8[side, side, 3], sRGB, red first. `where` names the file in messages. Without a key
 * nothing is random; with one, everything random is drawn by it.
 * @throws BifocalError "data" when the file is no picture, truncated, too large or too thin.
 */
export type Transform = (bytes: Uint8Array, where: string, key: number | undefined) => Promise<Uint8Array>;

/** The transform to squares of `imageSize` pixels. */
export function openTransform(config: TransformConfig, imageSize: number): Transform {
  const { fit, filter, crop, flip = 0, randAugment: augment } = config;
  return async (bytes, where, key) => {
    const image = await decodeRgb(bytes, where);
    const draw = key === undefined ? undefined : rng(key, "transform");
    const part = draw && crop && cut(image, randomRegion(image, crop, draw));
    const source = part ?? image;
    const [height, width] = part ? [imageSize, imageSize] : resizedTo(fit, imageSize, image, where);
    // All of it but with "centre-crop", which lets one side be longer than the square's.
    const [high, wide] = [Math.min(height, imageSize), Math.min(width, imageSize)];
    const middle = { top: (height - high) >> 1, left: (width - wide) >> 1, height: high, width: wide };
    let picture = resample(source, height, width, filter, middle);
    if (draw !== undefined && draw.uniform() < flip) picture = mirrored(picture);
    if (draw !== undefined && augment !== undefined) {
      const pixel = Math.sqrt((height * width) / (source.height * source.width));
      picture = randAugment(picture, augment, pixel, draw);
    }
    return fit.kind === "pad" ? padded(picture, imageSize, fit.level) : picture.data;
  };
}

/** [height, width] before anything is cut off or added. */
function resizedTo(fit: Fit, side: number, { height, width }: RgbImage, where: string): [number, number] {
  if (fit.kind === "square") return [side, side];
  if (fit.kind === "centre-crop") {
    return sizeAfterResize({ kind: "shorter", edge: Math.round(side / fit.share) }, height, width);
  }
  const longer = Math.max(height, width);
  const fitted = [Math.round((side * height) / longer), Math.round((side * width) / longer)] as [
    number,
    number,
  ];
  if (fitted.includes(0)) {
    fail("data", where, {
      expected: "sides whose ratio leaves pixels after resizing",
      got: `${width} x ${height}, resized to ${fitted[1]} x ${fitted[0]}`,
      todo: "leave the picture out",
    });
  }
  return fitted;
}

function padded({ data: from, height, width }: RgbImage, side: number, level: number): Uint8Array {
  const data = new Uint8Array(side * side * 3).fill(level);
  for (let y = 0; y < height; y++) {
    data.set(from.subarray(y * width * 3, (y + 1) * width * 3), y * side * 3);
  }
  return data;
}

/** As torchvision draws it: ten attempts, then the middle, as much of it as the ratio allows. */
function randomRegion({ height, width }: RgbImage, { area, ratio }: RandomCrop, draw: Rng): Region {
  const between = (low: number, high: number) => low + (high - low) * draw.uniform();
  for (let attempt = 0; attempt < 10; attempt++) {
    const pixels = height * width * between(area[0], area[1]);
    const shape = Math.exp(between(Math.log(ratio[0]), Math.log(ratio[1])));
    const [high, wide] = [Math.round(Math.sqrt(pixels / shape)), Math.round(Math.sqrt(pixels * shape))];
    if (high < 1 || wide < 1 || high > height || wide > width) continue;
    const top = draw.integer(height - high + 1);
    return { top, left: draw.integer(width - wide + 1), height: high, width: wide };
  }
  const wide = Math.max(1, Math.min(width, Math.round(height * ratio[1])));
  const high = Math.max(1, Math.min(height, Math.round(width / ratio[0])));
  return {
    top: Math.floor((height - high) / 2),
    left: Math.floor((width - wide) / 2),
    height: high,
    width: wide,
  };
}
