/**
 * Changes of colour as Pillow does them (ImageOps.py, ImageEnhance.py, Blend.c, Filter.c), equal to the bit. Most are a
 * table of 256 levels for each channel: one pass over the picture. All write over the picture that they are given: fresh
 * memory would cost as much again.
 */

import { growTo, type Instance, instantiate, largeBytes } from "../core/wasm.ts";
import { colourKernels, tables } from "./colour-kernels.ts";
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
  const { at, end, run, read } = load(image);
  run.saturate!(at, end);
  return read();
}

/** Moves every pixel away from the mean of its neighbourhood: 1 changes nothing, 0 blurs; the outermost pixels stay. */
export function sharpness(image: RgbImage, factor: number): RgbImage {
  const { height, width } = image;
  if (height < 3 || width < 3) return image;
  blendBy(factor);
  const row = width * 3;
  const { at, end, run, read } = load(image, 2);
  for (let y = 1; y < height - 1; y++) {
    const start = at + y * row;
    run.sharpen!(end + (y - 1) * row, start + 3, start + row - 3, row);
  }
  return read();
}

/** This thread's kernels, and the factor by which their table blends: a recipe's is the same for every picture. */
let kernels: Instance | undefined;
let blendedBy: number | undefined;

/** The kernels with at least so much memory. */
function kernelsWith(bytes: number): Instance {
  if (kernels === undefined) {
    kernels = instantiate(colourKernels);
    blendedBy = undefined;
    growTo(kernels, tables.end);
    // A thirteenth of every sum of nine pixels and four times the middle, rounded.
    const means = new Uint8Array(kernels.memory.buffer, tables.means, 13 * 255 + 1);
    means.forEach((_, sum) => {
      means[sum] = Math.round(sum / 13);
    });
  }
  growTo(kernels, bytes);
  return kernels;
}

/** The picture, so many copies of it one after another, in the kernels' memory; `read` takes the first back. */
function load(image: RgbImage, copies = 1) {
  const { data } = image;
  const at = tables.end;
  const end = at + data.length;
  const { memory, functions } = kernelsWith(at + copies * data.length);
  for (let copy = 0; copy < copies; copy++) {
    new Uint8Array(memory.buffer, at + copy * data.length).set(data);
  }
  const read = () => {
    data.set(new Uint8Array(memory.buffer, at, data.length));
    if (memory.buffer.byteLength > largeBytes) kernels = undefined;
    return image;
  };
  return { at, end, memory, run: functions, read };
}

function blendBy(factor: number): void {
  const { memory } = kernelsWith(tables.end);
  if (blendedBy === factor) return;
  const blended = new Uint8Array(memory.buffer, tables.blended, 65536);
  for (let i = 0; i < 65536; i++) blended[i] = clamped(blend(i >> 8, i & 255, factor));
  blendedBy = factor;
}

/** Replaces all levels of every channel. */
function lookUp(image: RgbImage, levelOf: (channel: number) => (level: number) => number): RgbImage {
  const { at, end, memory, run, read } = load(image);
  for (let channel = 0; channel < 3; channel++) {
    const replaced = levelOf(channel);
    const levels = new Uint8Array(memory.buffer, tables.levels + 256 * channel, 256);
    for (let level = 0; level < 256; level++) levels[level] = clamped(replaced(level));
  }
  run.lookUp!(at, end);
  return read();
}

/** How often the picture has each level, by channel; until the next call. */
function histograms(image: RgbImage): readonly Uint32Array[] {
  const { at, end, memory, run } = load(image);
  const counts = new Uint32Array(memory.buffer, tables.counts, 768).fill(0);
  run.count!(at, end);
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
