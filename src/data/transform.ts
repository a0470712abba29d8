import { fail } from "../core/errors.ts";
import { type Rng, rng } from "../core/rng.ts";
import { decodeRgb } from "./decode.ts";
import { decodeJpeg, type JpegShrink, type ShrunkJpeg } from "./decode-jpeg.ts";
import { longestSide, sizeAfterResize } from "./image-processor-size.ts";
import { randAugment } from "./rand-augment.ts";
import { resample } from "./resample.ts";
import { cut, mirrored, type Region, type RgbImage } from "./rgb-image.ts";
import type { Fit, RandomCrop, TransformConfig } from "./transform-config.ts";

type Sides = Pick<RgbImage, "height" | "width">;

/**
 * Makes of a picture file's bytes u8[side, side, 3], sRGB, red first; with the fit "own-shape" u8[side, side, 4], whose
 * last number is 255 where the picture is and 0, as all colours are, where the canvas is empty. `where` names the file in
 * messages. Without a key nothing is random; with one, everything random is drawn by it.
 * @throws BifocalError "data" when the file is no picture, truncated, too large or too thin.
 */
export type Transform = (bytes: Uint8Array, where: string, key: number | undefined) => Promise<Uint8Array>;

/** Side of the transform's results, in pixels: `imageSize`, or that of the canvas on which any picture finds room. */
export function canvasSide({ fit }: TransformConfig, imageSize: number): number {
  return fit.kind === "own-shape"
    ? Math.floor(longestSide(imageSize) / fit.divisor) * fit.divisor
    : imageSize;
}

/** The transform to squares of `imageSize` pixels, or to pictures whose shorter side has so many. */
export function openTransform(config: TransformConfig, imageSize: number): Transform {
  const { fit, filter, flip = 0, randAugment: augment } = config;
  return async (bytes, where, key) => {
    const layoutOf = (height: number, width: number) =>
      layout(config, imageSize, { height, width }, where, key);
    // Evaluation needs every level; training takes what the decoder gives at a size that is still large enough.
    const opened =
      decodeJpeg(bytes, (height, width) => (key === undefined ? 1 : shrinkFor(layoutOf(height, width)))) ??
      whole(await decodeRgb(bytes, where));
    const { source, height, width, window } = layoutOf(opened.height, opened.width);
    let picture = resample(part(opened, source), height, width, filter, window);
    if (key !== undefined) {
      const draw = rng(key, "augment");
      if (draw.uniform() < flip) picture = mirrored(picture);
      const pixel = Math.sqrt((height * width) / (source.height * source.width));
      if (augment !== undefined) picture = randAugment(picture, augment, pixel, draw);
    }
    if (fit.kind === "own-shape") return onCanvas(picture, canvasSide(config, imageSize));
    return fit.kind === "pad" ? padded(picture, imageSize, fit.level) : picture.data;
  };
}

/** The part of the file's picture that is resized to [height, width], and the window of that that is seen. */
interface Layout {
  readonly source: Region;
  readonly height: number;
  readonly width: number;
  readonly window: Region;
}

function layout(
  { fit, crop }: TransformConfig,
  side: number,
  picture: Sides,
  where: string,
  key: number | undefined,
): Layout {
  const source =
    crop === undefined || key === undefined
      ? { top: 0, left: 0, ...picture }
      : randomRegion(picture, crop, rng(key, "crop"));
  const isSquare = fit.kind !== "own-shape" && crop !== undefined && key !== undefined;
  const [height, width] = isSquare ? [side, side] : resizedTo(fit, side, source, where);
  // All of it but with "centre-crop", which lets one side be longer than the square's.
  const most = fit.kind === "centre-crop" ? side : Number.POSITIVE_INFINITY;
  const [high, wide] = [Math.min(height, most), Math.min(width, most)];
  const window = { top: (height - high) >> 1, left: (width - wide) >> 1, height: high, width: wide };
  return { source, height, width, window };
}

/** The most that leaves at least as many pixels as the part is resized to. */
function shrinkFor({ source, height, width }: Layout): JpegShrink {
  const most = Math.min(source.height / height, source.width / width);
  return ([8, 4, 2] as const).find((shrink) => shrink <= most) ?? 1;
}

function whole(image: RgbImage): ShrunkJpeg {
  return { image, shrink: 1, height: image.height, width: image.width };
}

/** The region of the whole picture, as much of it as the shrunk one shows in whole pixels. */
function part({ image, shrink, height, width }: ShrunkJpeg, region: Region): RgbImage {
  if (region.height === height && region.width === width) return image;
  const span = (from: number, length: number, side: number) => {
    const start = Math.floor(from / shrink);
    return [start, Math.max(1, Math.min(side - start, Math.round(length / shrink)))] as const;
  };
  const [top, high] = span(region.top, region.height, image.height);
  const [left, wide] = span(region.left, region.width, image.width);
  return cut(image, { top, left, height: high, width: wide });
}

/** [height, width] before anything is cut off or added. */
function resizedTo(fit: Fit, side: number, { height, width }: Sides, where: string): [number, number] {
  if (fit.kind === "square") return [side, side];
  if (fit.kind === "centre-crop") {
    return sizeAfterResize({ kind: "shorter", edge: Math.round(side / fit.share) }, height, width);
  }
  const longer = Math.max(height, width);
  const fitted =
    fit.kind === "own-shape"
      ? sizeAfterResize({ kind: "divisible", edge: side, divisor: fit.divisor }, height, width)
      : ([Math.round((side * height) / longer), Math.round((side * width) / longer)] as [number, number]);
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

/** A picture, or a part of one, at the top left of u8[side, side, 4]; see `Transform`. */
export function onCanvas({ data: from, height, width }: RgbImage, side: number): Uint8Array {
  const data = new Uint8Array(side * side * 4);
  for (let y = 0; y < height; y++) {
    let at = y * side * 4;
    for (let read = y * width * 3; read < (y + 1) * width * 3; read += 3, at += 4) {
      data[at] = from[read]!;
      data[at + 1] = from[read + 1]!;
      data[at + 2] = from[read + 2]!;
      data[at + 3] = 255;
    }
  }
  return data;
}

/** As torchvision draws it: ten attempts, then the middle, as much of it as the ratio allows. */
function randomRegion({ height, width }: Sides, { area, ratio }: RandomCrop, draw: Rng): Region {
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
