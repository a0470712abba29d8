import {
  type ResampleFilter,
  type ResampleRounding,
  type ResampleWeights,
  resampleWeights,
} from "./resample-weights.ts";
import type { RgbImage } from "./rgb-image.ts";

/**
 * Resizes to [height, width], equal to the bit to what Pillow 13's `Image.resize` or torchvision's `resize` of u8
 * tensors (antialiased, on a processor with AVX2) gives: one axis, rounding to u8, then the other.
 */
export function resample(
  image: RgbImage,
  height: number,
  width: number,
  filter: ResampleFilter,
  rounding: ResampleRounding,
): RgbImage {
  if (filter === "nearest") return nearest(image, height, width, rounding);
  const across = (picture: RgbImage) =>
    width === image.width
      ? picture
      : alongRows(picture, resampleWeights(image.width, width, filter, rounding));
  const down = (picture: RgbImage) =>
    height === image.height
      ? picture
      : alongColumns(picture, resampleWeights(image.height, height, filter, rounding));
  // Pillow 12 and torch always go across first; Pillow 13 turns to the height first where it shrinks far more.
  const lost = image.height - height;
  return rounding === "pillow" && lost > Math.max(0, 2 * (image.width - width))
    ? across(down(image))
    : down(across(image));
}

// Six sums at a time, of two rows or two columns, take half the time of three. Without a second one the first stands
// in for it and is written twice. Storing into clamped memory rounds off to 0..255 without a branch.

function alongRows(image: RgbImage, { first, count, weights, taps, bits }: ResampleWeights): RgbImage {
  const { data, height, width } = image;
  const newWidth = first.length;
  const result = new Uint8ClampedArray(height * newWidth * 3);
  const half = 1 << (bits - 1);
  for (let y = 0; y < height; y += 2) {
    const next = y + 1 < height ? width * 3 : 0;
    const newNext = y + 1 < height ? newWidth * 3 : 0;
    let to = y * newWidth * 3;
    for (let x = 0; x < newWidth; x++) {
      let [r0, g0, b0] = [half, half, half];
      let [r1, g1, b1] = [half, half, half];
      let from = (y * width + first[x]!) * 3;
      const end = x * taps + count[x]!;
      for (let k = x * taps; k < end; k++) {
        const weight = weights[k]!;
        r0 = (r0 + Math.imul(data[from]!, weight)) | 0;
        g0 = (g0 + Math.imul(data[from + 1]!, weight)) | 0;
        b0 = (b0 + Math.imul(data[from + 2]!, weight)) | 0;
        r1 = (r1 + Math.imul(data[from + next]!, weight)) | 0;
        g1 = (g1 + Math.imul(data[from + next + 1]!, weight)) | 0;
        b1 = (b1 + Math.imul(data[from + next + 2]!, weight)) | 0;
        from += 3;
      }
      result[to] = r0 >> bits;
      result[to + 1] = g0 >> bits;
      result[to + 2] = b0 >> bits;
      result[to + newNext] = r1 >> bits;
      result[to + newNext + 1] = g1 >> bits;
      result[to + newNext + 2] = b1 >> bits;
      to += 3;
    }
  }
  return { data: new Uint8Array(result.buffer), height, width: newWidth };
}

function alongColumns(image: RgbImage, { first, count, weights, taps, bits }: ResampleWeights): RgbImage {
  const { data, width } = image;
  const height = first.length;
  const row = width * 3;
  const result = new Uint8ClampedArray(height * row);
  const half = 1 << (bits - 1);
  for (let y = 0; y < height; y++) {
    const end = y * taps + count[y]!;
    for (let i = 0; i < row; i += 6) {
      const next = i + 3 < row ? 3 : 0;
      let [r0, g0, b0] = [half, half, half];
      let [r1, g1, b1] = [half, half, half];
      let from = first[y]! * row + i;
      for (let k = y * taps; k < end; k++) {
        const weight = weights[k]!;
        r0 = (r0 + Math.imul(data[from]!, weight)) | 0;
        g0 = (g0 + Math.imul(data[from + 1]!, weight)) | 0;
        b0 = (b0 + Math.imul(data[from + 2]!, weight)) | 0;
        r1 = (r1 + Math.imul(data[from + next]!, weight)) | 0;
        g1 = (g1 + Math.imul(data[from + next + 1]!, weight)) | 0;
        b1 = (b1 + Math.imul(data[from + next + 2]!, weight)) | 0;
        from += row;
      }
      const to = y * row + i;
      result[to] = r0 >> bits;
      result[to + 1] = g0 >> bits;
      result[to + 2] = b0 >> bits;
      result[to + next] = r1 >> bits;
      result[to + next + 1] = g1 >> bits;
      result[to + next + 2] = b1 >> bits;
    }
  }
  return { data: new Uint8Array(result.buffer), height, width };
}

function nearest(image: RgbImage, height: number, width: number, rounding: ResampleRounding): RgbImage {
  const rows = nearestSamples(image.height, height, rounding);
  const columns = nearestSamples(image.width, width, rounding);
  const data = new Uint8Array(height * width * 3);
  let to = 0;
  for (const row of rows) {
    for (const column of columns) {
      const from = (row * image.width + column) * 3;
      data[to++] = image.data[from]!;
      data[to++] = image.data[from + 1]!;
      data[to++] = image.data[from + 2]!;
    }
  }
  return { data, height, width };
}

/** The input sample under the centre of each output; where it falls on a border the arithmetic decides: */
function nearestSamples(from: number, to: number, rounding: ResampleRounding): Int32Array {
  const scale = rounding === "pillow" ? from / to : Math.fround(from / to);
  const samples = new Int32Array(to);
  let place = scale * 0.5; // Pillow walks in f64
  for (let i = 0; i < to; i++) {
    // torch multiplies in f32
    samples[i] = Math.min(
      from - 1,
      Math.floor(rounding === "pillow" ? place : Math.fround((i + 0.5) * scale)),
    );
    place += scale;
  }
  return samples;
}
