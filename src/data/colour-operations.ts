/**
 * Changes of colour as Pillow does them (ImageOps.py, ImageEnhance.py, Blend.c, Filter.c), equal to the bit. Most are a
 * table of 256 levels for each channel: one pass over the picture. All write over the picture that they are given: fresh
 * memory would cost as much again.
 */
import type { RgbImage } from "./rgb-image.ts";

/** Stretches every channel's levels to 0..255. */
export function autoContrast(image: RgbImage): RgbImage {
  const counts = histograms(image);
  return lookUp(image, (channel) => {
    const count = counts[channel]!;
    const low = count.findIndex((n) => n > 0);
    const high = count.findLastIndex((n) => n > 0);
    if (high <= low) return (level) => level;
    const scale = 255 / (high - low);
    return (level) => level * scale + -low * scale;
  });
}

/** Makes every channel's levels about equally frequent. */
export function equalize(image: RgbImage): RgbImage {
  const counts = histograms(image);
  const pixels = image.height * image.width;
  return lookUp(image, (channel) => {
    const count = counts[channel]!;
    const step = Math.floor((pixels - count[count.findLastIndex((n) => n > 0)]!) / 255);
    if (step === 0) return (level) => level;
    let below = Math.floor(step / 2);
    const table = Array.from(count, (n) => {
      const level = Math.floor(below / step);
      below += n;
      return level;
    });
    return (level) => table[level]!;
  });
}

/** Inverts the levels from `threshold` on. */
export function solarize(image: RgbImage, threshold: number): RgbImage {
  return lookUp(image, () => (level) => (level < threshold ? level : 255 - level));
}

/** Adds to every level, then inverts those from 128 on. */
export function solarizeAdd(image: RgbImage, addition: number): RgbImage {
  return lookUp(image, () => (level) => {
    const sum = clamped(level + addition);
    return sum < 128 ? sum : 255 - sum;
  });
}

/** Keeps the upper `bits` of every level, 1 to 8. */
export function posterize(image: RgbImage, bits: number): RgbImage {
  const mask = 256 - 2 ** (8 - bits);
  return lookUp(image, () => (level) => level & mask);
}

/** Multiplies every level. */
export function brightness(image: RgbImage, factor: number): RgbImage {
  return lookUp(image, () => (level) => blend(0, level, factor));
}

/** Moves every level away from the picture's mean grey: 1 changes nothing, 0 leaves that grey alone. */
export function contrast(image: RgbImage, factor: number): RgbImage {
  const { data } = image;
  let sum = 0;
  for (let i = 0; i < data.length; i += 3) sum += grey(data[i]!, data[i + 1]!, data[i + 2]!);
  const mean = Math.floor(sum / (data.length / 3) + 0.5);
  return lookUp(image, () => (level) => blend(mean, level, factor));
}

/** Moves every pixel away from its own grey: 1 changes nothing, 0 leaves greys. */
export function saturation(image: RgbImage, factor: number): RgbImage {
  const { data } = image;
  const step = differences(factor);
  for (let i = 0; i < data.length; i += 3) {
    const [red, green, blue] = [data[i]!, data[i + 1]!, data[i + 2]!];
    const dull = grey(red, green, blue);
    data[i] = clamped(Math.fround(dull + step[red - dull + 255]!));
    data[i + 1] = clamped(Math.fround(dull + step[green - dull + 255]!));
    data[i + 2] = clamped(Math.fround(dull + step[blue - dull + 255]!));
  }
  return image;
}

/** Moves every pixel away from the mean of its neighbourhood: 1 changes nothing, 0 blurs; the outermost pixels stay. */
export function sharpness(image: RgbImage, factor: number): RgbImage {
  const { data, height, width } = image;
  const row = width * 3;
  const step = differences(factor);
  const columns = new Uint16Array(row); // sums of three rows
  let above = data.slice(0, row); // rows as they were
  let here = new Uint8Array(row);
  for (let y = 1; y < height - 1; y++) {
    const at = y * row;
    here.set(data.subarray(at, at + row));
    for (let i = 0; i < row; i++) columns[i] = above[i]! + here[i]! + data[at + row + i]!;
    for (let i = 3; i < row - 3; i++) {
      const level = here[i]!;
      const smooth = smoothed[columns[i - 3]! + columns[i]! + columns[i + 3]! + 4 * level]!;
      data[at + i] = clamped(Math.fround(smooth + step[level - smooth + 255]!));
    }
    [above, here] = [here, above];
  }
  return image;
}

/** A thirteenth of every sum of nine pixels and four times the middle, rounded. */
const smoothed = Uint8Array.from({ length: 13 * 255 + 1 }, (_, sum) => Math.round(sum / 13));

/** Replaces all levels of every channel. */
function lookUp(image: RgbImage, levelOf: (channel: number) => (level: number) => number): RgbImage {
  const [red, green, blue] = [table(levelOf(0)), table(levelOf(1)), table(levelOf(2))];
  const { data } = image;
  for (let i = 0; i < data.length; i += 3) {
    data[i] = red[data[i]!]!;
    data[i + 1] = green[data[i + 1]!]!;
    data[i + 2] = blue[data[i + 2]!]!;
  }
  return image;
}

function table(levelOf: (level: number) => number): Uint8Array {
  const levels = new Uint8Array(256);
  for (let level = 0; level < 256; level++) levels[level] = clamped(levelOf(level));
  return levels;
}

function histograms({ data }: RgbImage): readonly Uint32Array[] {
  const counts = [new Uint32Array(256), new Uint32Array(256), new Uint32Array(256)] as const;
  const [red, green, blue] = counts;
  for (let i = 0; i < data.length; i += 3) {
    red[data[i]!]!++;
    green[data[i + 1]!]!++;
    blue[data[i + 2]!]!++;
  }
  return counts;
}

/** ITU-R 601 luma in 16 fractional bits. */
function grey(red: number, green: number, blue: number): number {
  return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
}

/** In f32; it is cut off to whole levels afterwards. */
function blend(from: number, to: number, factor: number): number {
  return Math.fround(from + Math.fround(Math.fround(factor) * (to - from)));
}

/** `blend`'s product for every difference from -255 to 255. */
function differences(factor: number): Float32Array {
  const products = new Float32Array(511);
  for (let i = 0; i < 511; i++) products[i] = Math.fround(factor) * (i - 255);
  return products;
}

function clamped(level: number): number {
  return level <= 0 ? 0 : level >= 255 ? 255 : level | 0;
}
