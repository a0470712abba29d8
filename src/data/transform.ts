import { fail } from "../core/errors.ts";
import { type Rng, rng } from "../core/rng.ts";
import { decodeRgb } from "./decode.ts";
import { sizeAfterResize } from "./image-processor-size.ts";
import { resample } from "./resample.ts";
import { centreCrop, cut, mirrored, type Region, type RgbImage } from "./rgb-image.ts";
import type { Fit, RandomCrop, TransformConfig } from "./transform-config.ts";

/**
 * Makes of a picture file's bytes u8[side, side, 3], sRGB, red first. `where` names the file in messages. Without a key
 * nothing is random; with one, everything random is drawn by it.
 * @throws BifocalError "data" when the file is no picture, truncated, too large or too thin.
 */
export type Transform = (bytes: Uint8Array, where: string, key: number | undefined) => Promise<Uint8Array>;

/** The transform to squares of `imageSize` pixels. */
export function openTransform(config: TransformConfig, imageSize: number): Transform {
  return async (bytes, where, key) => {
    const image = await decodeRgb(bytes, where);
    if (key === undefined) return fitted(image, config, imageSize, where).data;
    const draw = rng(key, "transform");
    const square =
      config.crop === undefined
        ? fitted(image, config, imageSize, where)
        : resampled(cut(image, randomRegion(image, config.crop, draw)), imageSize, config);
    return (draw.uniform() < (config.flip ?? 0) ? mirrored(square) : square).data;
  };
}

function resampled(image: RgbImage, side: number, { filter }: TransformConfig): RgbImage {
  return resample(image, side, side, filter, "torch");
}

function fitted(image: RgbImage, config: TransformConfig, side: number, where: string): RgbImage {
  const [height, width] = resizedTo(config.fit, side, image);
  if (height === 0 || width === 0) {
    fail("data", where, {
      expected: "sides whose ratio leaves pixels after resizing",
      got: `${image.width} x ${image.height}, resized to ${width} x ${height}`,
      todo: "leave the picture out",
    });
  }
  const resized = resample(image, height, width, config.filter, "torch");
  if (config.fit.kind === "pad") return padded(resized, side, config.fit.level);
  return height === side && width === side ? resized : centreCrop(resized, side, side);
}

/** [height, width] before anything is cut off or added. */
function resizedTo(fit: Fit, side: number, { height, width }: RgbImage): [number, number] {
  switch (fit.kind) {
    case "square":
      return [side, side];
    case "centre-crop":
      return sizeAfterResize({ kind: "shorter", edge: Math.round(side / fit.share) }, height, width);
    case "pad": {
      const longer = Math.max(height, width);
      return [Math.round((side * height) / longer), Math.round((side * width) / longer)];
    }
  }
}

function padded(image: RgbImage, side: number, level: number): RgbImage {
  const data = new Uint8Array(side * side * 3).fill(level);
  for (let y = 0; y < image.height; y++) {
    data.set(image.data.subarray(y * image.width * 3, (y + 1) * image.width * 3), y * side * 3);
  }
  return { data, height: side, width: side };
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
