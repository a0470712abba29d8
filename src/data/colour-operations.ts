/**
 * Changes of colour as Pillow does them (ImageOps.py, ImageEnhance.py, Blend.c, Filter.c), equal to the bit. Most are a
 * table of 256 levels for each channel: one pass over the picture. All write over the picture that they are given: fresh
 * memory would cost as much again.
 */
import type { RgbImage } from "./rgb-image.ts";

/** Stretches every channel's levels to 0..255. */
export function autoContrast(image: RgbImage): RgbImage {
  const frequencies = histograms(image);
  return lookUp(image, (channel) => {
    const count = frequencies[channel]!;
    const low = count.findIndex((n) => n > 0);
    const high = count.findLastIndex((n) => n > 0);
    if (high <= low) return (level) => level;
    const scale = 255 / (high - low);
    return (level) => level * scale + -low * scale;
  });
}

/** Makes every channel's levels about equally frequent. */
export function equalize(image: RgbImage): RgbImage {
  const frequencies = histograms(image);
  const pixels = image.height * image.width;
  return lookUp(image, (channel) => {
    const count = frequencies[channel]!;
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
  blendBy(factor);
  const { data } = image;
  for (let i = 0; i < data.length; i += 3) {
    const [red, green, blue] = [data[i]!, data[i + 1]!, data[i + 2]!];
    const dull = grey(red, green, blue) << 8;
    data[i] = blended[dull | red]!;
    data[i + 1] = blended[dull | green]!;
    data[i + 2] = blended[dull | blue]!;
  }
  return image;
}

/** Moves every pixel away from the mean of its neighbourhood: 1 changes nothing, 0 blurs; the outermost pixels stay. */
export function sharpness(image: RgbImage, factor: number): RgbImage {
  blendBy(factor);
  const { data, height, width } = image;
  const before = new Uint8Array(data); // a copy, also of a Buffer
  const row = width * 3;
  for (let y = 1; y < height - 1; y++) sharpenRow(before, data, y * row, row);
  return image;
}

/** The row of `row` bytes that starts at `start`, but for its first and last pixel. */
function sharpenRow(from: Uint8Array, to: Uint8Array, start: number, row: number): void {
  for (let i = start + 3; i < start + row - 3; i++) {
    const [above, below, level] = [i - row, i + row, from[i]!];
    const upper = from[above - 3]! + from[above]! + from[above + 3]!;
    const lower = from[below - 3]! + from[below]! + from[below + 3]!;
    const smooth = smoothed[upper + from[i - 3]! + 5 * level + from[i + 3]! + lower]!;
    to[i] = blended[(smooth << 8) | level]!;
  }
}

// Tables are constants of the module: the compiler then knows where they lie, which halves the time of a pass.

/** A thirteenth of every sum of nine pixels and four times the middle, rounded. */
const smoothed = Uint8Array.from({ length: 13 * 255 + 1 }, (_, sum) => Math.round(sum / 13));

/** New levels of red, of green and of blue. */
const levels = new Uint8Array(3 * 256);

/** How often red, green and blue have each level. */
const counts = new Uint32Array(3 * 256);

/** `blend` by one factor: the new level behind 256 from + to. A recipe's strength is the same for every picture. */
const blended = new Uint8Array(256 * 256);
let blendedBy: number | undefined;

function blendBy(factor: number): void {
  if (blendedBy === factor) return;
  for (let i = 0; i < blended.length; i++) blended[i] = clamped(blend(i >> 8, i & 255, factor));
  blendedBy = factor;
}

/** Replaces all levels of every channel. */
function lookUp(image: RgbImage, levelOf: (channel: number) => (level: number) => number): RgbImage {
  for (let channel = 0; channel < 3; channel++) {
    const replaced = levelOf(channel);
    for (let level = 0; level < 256; level++) levels[channel * 256 + level] = clamped(replaced(level));
  }
  const { data } = image;
  for (let i = 0; i < data.length; i += 3) {
    data[i] = levels[data[i]!]!;
    data[i + 1] = levels[data[i + 1]! + 256]!;
    data[i + 2] = levels[data[i + 2]! + 512]!;
  }
  return image;
}

/** `counts` of the picture, by channel. */
function histograms({ data }: RgbImage): readonly Uint32Array[] {
  counts.fill(0);
  for (let i = 0; i < data.length; i += 3) {
    counts[data[i]!]!++;
    counts[data[i + 1]! + 256]!++;
    counts[data[i + 2]! + 512]!++;
  }
  return [0, 256, 512].map((from) => counts.subarray(from, from + 256));
}

/** ITU-R 601 luma in 16 fractional bits. */
function grey(red: number, green: number, blue: number): number {
  return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
}

/** In f32; it is cut off to whole levels afterwards. */
function blend(from: number, to: number, factor: number): number {
  return Math.fround(from + Math.fround(Math.fround(factor) * (to - from)));
}

function clamped(level: number): number {
  return level <= 0 ? 0 : level >= 255 ? 255 : level | 0;
}
