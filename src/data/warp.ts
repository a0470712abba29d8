import type { RgbImage } from "./rgb-image.ts";

/** Where the pixel at (x, y) comes from: (a x + b y + c, d x + e y + f), in pixels, corners at whole numbers. */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** A turn of the picture around its middle, counterclockwise. */
export function rotation({ height, width }: RgbImage, degrees: number): Affine {
  const angle = (-degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [x, y] = [width / 2, height / 2];
  return [cos, sin, x - cos * x - sin * y, -sin, cos, y + sin * x - cos * y];
}

/** The pixel each comes from, black from outside: Pillow's `Image.transform` without a filter, in its 16.16 bits. */
export function warpNearest({ data: from, height, width }: RgbImage, [a, b, c, d, e, f]: Affine): RgbImage {
  const data = new Uint8Array(from.length);
  const fixed = (value: number) => Math.floor(value * 65536 + 0.5);
  const [right, down] = [fixed(a), fixed(d)];
  const slides = right === 65536 && down === 0;
  for (let y = 0; y < height; y++) {
    let sourceX = fixed(c + a * 0.5 + b * 0.5) + y * fixed(b);
    let sourceY = fixed(f + d * 0.5 + e * 0.5) + y * fixed(e);
    let to = y * width * 3;
    if (slides) {
      // The whole row comes from one row.
      const row = sourceY >> 16;
      if (row < 0 || row >= height) continue;
      const first = sourceX >> 16;
      const [left, end] = [Math.max(0, first), Math.min(width, first + width)];
      if (left < end) {
        const at = row * width;
        data.set(from.subarray((at + left) * 3, (at + end) * 3), to + (left - first) * 3);
      }
      continue;
    }
    for (let x = 0; x < width; x++, to += 3, sourceX += right, sourceY += down) {
      const column = sourceX >> 16;
      const row = sourceY >> 16;
      if (column < 0 || column >= width || row < 0 || row >= height) continue;
      const at = (row * width + column) * 3;
      data[to] = from[at]!;
      data[to + 1] = from[at + 1]!;
      data[to + 2] = from[at + 2]!;
    }
  }
  return { data, height, width };
}

/**
 * Between the four pixels around where each comes from, the outside of one grey `level`: OpenCV's `warpAffine`, which
 * counts from the middles of pixels.
 */
export function warpLinear(
  { data: from, height, width }: RgbImage,
  [a, b, c, d, e, f]: Affine,
  level: number,
): RgbImage {
  const data = new Uint8Array(from.length);
  const sample = (row: number, column: number, channel: number) =>
    row < 0 || row >= height || column < 0 || column >= width
      ? level
      : from[(row * width + column) * 3 + channel]!;
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += 3) {
      const sourceX = a * x + b * y + c;
      const sourceY = d * x + e * y + f;
      const column = Math.floor(sourceX);
      const row = Math.floor(sourceY);
      const right = sourceX - column;
      const below = sourceY - row;
      if (column >= 0 && column < width - 1 && row >= 0 && row < height - 1) {
        const at = (row * width + column) * 3;
        const under = at + width * 3;
        for (let i = 0; i < 3; i++) {
          const upper = from[at + i]! + right * (from[at + i + 3]! - from[at + i]!);
          const lower = from[under + i]! + right * (from[under + i + 3]! - from[under + i]!);
          data[to + i] = upper + below * (lower - upper) + 0.5;
        }
        continue;
      }
      for (let i = 0; i < 3; i++) {
        const upper = (1 - right) * sample(row, column, i) + right * sample(row, column + 1, i);
        const lower = (1 - right) * sample(row + 1, column, i) + right * sample(row + 1, column + 1, i);
        data[to + i] = upper + below * (lower - upper) + 0.5;
      }
    }
  }
  return { data, height, width };
}
