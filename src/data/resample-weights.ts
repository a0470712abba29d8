/** The filters of resampling, by the names PIL gives them; without "nearest" all widen when a side shrinks. */
export type ResampleFilter = "nearest" | "box" | "bilinear" | "hamming" | "bicubic" | "lanczos";

interface Kernel {
  /** The weight is zero further from the centre than this, in samples of the coarser grid. */
  readonly radius: number;
  weight(distance: number): number;
}

const kernels: Record<Exclude<ResampleFilter, "nearest">, Kernel> = {
  // Half open, so that a sample between two outputs counts once.
  box: { radius: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { radius: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  hamming: {
    radius: 1,
    weight: (x) => {
      const d = Math.abs(x);
      if (d === 0) return 1;
      if (d >= 1) return 0;
      return (
        (Math.sin(d * Math.PI) / (d * Math.PI)) *
        (Math.fround(0.54) + Math.fround(0.46) * Math.cos(d * Math.PI))
      );
    },
  },
  // Keys 1981 (IEEE ASSP 29), a = -0.5.
  bicubic: {
    radius: 2,
    weight: (x) => {
      const a = -0.5;
      const d = Math.abs(x);
      if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
      return d < 2 ? (((d - 5) * d + 8) * d - 4) * a : 0;
    },
  },
  lanczos: {
    radius: 3,
    weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0),
  },
};

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}

/**
 * For each output sample the first input sample, the number of them and their integer weights over 2^`bits`: as many
 * bits as let the largest weight stay a signed 16-bit integer.
 */
export interface ResampleWeights {
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** [to, taps]; zero beyond `count`. */
  readonly weights: Int32Array;
  readonly taps: number;
  readonly bits: number;
}

/** The weights that make `to` samples of `from`; a filter is stretched over the samples of one output when it shrinks. */
export function resampleWeights(
  from: number,
  to: number,
  filter: Exclude<ResampleFilter, "nearest">,
): ResampleWeights {
  const { radius, weight } = kernels[filter];
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const reach = radius * stretch;
  const taps = Math.ceil(reach) * 2 + 1;
  const first = new Int32Array(to);
  const count = new Int32Array(to);
  const real = new Float64Array(to * taps);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - reach + 0.5));
    const length = Math.min(from, Math.trunc(centre + reach + 0.5)) - start;
    let sum = 0;
    for (let k = 0; k < length; k++) {
      const value = weight((start + k - centre + 0.5) * (1 / stretch));
      real[i * taps + k] = value;
      sum += value;
    }
    if (sum !== 0) for (let k = 0; k < length; k++) real[i * taps + k]! /= sum;
    first[i] = start;
    count[i] = length;
  }
  const bits = bitsOf16(real);
  const weights = new Int32Array(real.length);
  for (let k = 0; k < real.length; k++) weights[k] = real[k]! * 2 ** bits + (real[k]! < 0 ? -0.5 : 0.5);
  return { first, count, weights, taps, bits };
}

/** The most fractional bits (22 at most) with which the largest weight still is a signed 16-bit integer. */
function bitsOf16(weights: Float64Array): number {
  let largest = 0;
  for (const weight of weights) largest = Math.max(largest, weight);
  let bits = 0;
  while (bits < 22 && Math.trunc(0.5 + largest * 2 ** (bits + 1)) < 2 ** 15) bits++;
  return bits;
}
