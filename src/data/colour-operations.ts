/**
 * Changes of colour as Pillow does them (ImageOps.py, ImageEnhance.py, Blend.c, Filter.c), equal to the bit. Most are a
 * table of 256 levels for each channel: one pass over the picture.
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
export function saturation({ data: from, height, width }: RgbImage, factor: number): RgbImage {
  const data = new Uint8Array(from.length);
  const step = differences(factor);
  for (let i = 0; i < data.length; i += 3) {
    const dull = grey(from[i]!, from[i + 1]!, from[i + 2]!);
    data[i] = clamped(dull + step[from[i]! - dull + 255]!);
    data[i + 1] = clamped(dull + step[from[i + 1]! - dull + 255]!);
    data[i + 2] = clamped(dull + step[from[i + 2]! - dull + 255]!);
  }
  return { data, height, width };
}

/** Moves every pixel away from the mean of its neighbourhood: 1 changes nothing, 0 blurs; the outermost pixels stay. */
export function sharpness({ data: from, height, width }: RgbImage, factor: number): RgbImage {
  const data = from.slice();
  const row = width * 3;
  const step = differences(factor);
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * row + 3; i < (y + 1) * row - 3; i++) {
      const around =
        from[i - row - 3]! +
        from[i - row]! +
        from[i - row + 3]! +
        from[i - 3]! +
        from[i + 3]! +
        from[i + row - 3]! +
        from[i + row]! +
        from[i + row + 3]!;
      const smooth = smoothed[around + 5 * from[i]!]!;
      data[i] = clamped(smooth + step[from[i]! - smooth + 255]!);
    }
  }
  return { data, height, width };
}

/** A thirteenth of every sum of eight neighbours and five times the middle, rounded. */
const smoothed = Uint8Array.from({ length: 13 * 255 + 1 }, (_, sum) => Math.round(sum / 13));

/** u8[256] for every channel, of which all pixels are looked up. */
function lookUp(
  { data: from, height, width }: RgbImage,
  levelOf: (channel: number) => (level: number) => number,
): RgbImage {
  const [red, green, blue] = [0, 1, 2].map((channel) => {
    const level = levelOf(channel);
    return Uint8Array.from({ length: 256 }, (_, i) => clamped(level(i)));
  }) as [Uint8Array, Uint8Array, Uint8Array];
  const data = new Uint8Array(from.length);
  for (let i = 0; i < data.length; i += 3) {
    data[i] = red[from[i]!]!;
    data[i + 1] = green[from[i + 1]!]!;
    data[i + 2] = blue[from[i + 2]!]!;
  }
  return { data, height, width };
}

function histograms({ data }: RgbImage): readonly Uint32Array[] {
  const counts = [new Uint32Array(256), new Uint32Array(256), new Uint32Array(256)] as const;
  for (let i = 0; i < data.length; i += 3) {
    counts[0][data[i]!]!++;
    counts[1][data[i + 1]!]!++;
    counts[2][data[i + 2]!]!++;
  }
  return counts;
}

/** ITU-R 601 luma in 16 fractional bits. */
function grey(red: number, green: number, blue: number): number {
  return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
}

/** In f32, cut off to whole levels. */
function blend(from: number, to: number, factor: number): number {
  return Math.fround(from + Math.fround(Math.fround(factor) * (to - from)));
}

/** `blend`'s product for every difference from -255 to 255; adding a whole level in f32 rounds no further than cutting off. */
function differences(factor: number): Float32Array {
  return Float32Array.from({ length: 511 }, (_, i) => Math.fround(factor) * (i - 255));
}

function clamped(level: number): number {
  return level <= 0 ? 0 : level >= 255 ? 255 : level | 0;
}
