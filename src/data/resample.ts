import { growTo, type Instance, instantiate, largeBytes } from "../core/wasm.ts";
import { resampleKernels } from "./resample-kernels.ts";
import { type ResampleFilter, resampleWeights } from "./resample-weights.ts";
import { cut, type Region, type RgbImage } from "./rgb-image.ts";

/**
 * Resizes to [height, width] and keeps `window` of the result: equal to the bit to what torchvision's `resize` of u8
 * tensors (antialiased, on a processor with AVX2) gives, one axis, rounding to u8, then the other. Pillow keeps more
 * bits of the weights: up to 2 levels apart where both sides shrink.
 */
export function resample(
  image: RgbImage,
  height: number,
  width: number,
  filter: ResampleFilter,
  window: Region = { top: 0, left: 0, height, width },
): RgbImage {
  if (filter === "nearest") return cut(nearest(image, height, width), window);
  const row = window.width * 3;
  const columns = axis(image.width, width, filter, window.left, window.width, 3, 4);
  const rows = axis(image.height, height, filter, window.top, window.height, row, 2);
  return twice(image, columns, rows);
}

/** One pass's weights as its kernel reads them. */
interface Axis {
  /** i32[outputs], bytes from the first sample that any output reads to the first that this one does. */
  readonly starts: Int32Array;
  /** i16[outputs, taps], filled up with zeros. */
  readonly weights: Int16Array;
  readonly taps: number;
  readonly bits: number;
  /** Which sample that is, and how many are read from there on. */
  readonly first: number;
  readonly samples: number;
}

/** Pictures of a data set share their sides: what was computed for them last. */
const axes = new Map<string, Axis>();
const mostAxes = 256;

/** The weights of `length` outputs from `start` on; samples are `step` bytes apart, taps a multiple. */
function axis(
  from: number,
  to: number,
  filter: Exclude<ResampleFilter, "nearest">,
  start: number,
  length: number,
  step: number,
  multiple: number,
): Axis {
  const key = [from, to, filter, start, length, step, multiple].join(" ");
  const known = axes.get(key);
  if (known !== undefined) return known;
  const { first, count, weights, taps, bits } = resampleWeights(from, to, filter);
  const [firsts, counts] = [first.subarray(start, start + length), count.subarray(start, start + length)];
  const most = counts.reduce((a, b) => Math.max(a, b));
  const filled = Math.ceil(most / multiple) * multiple;
  const short = new Int16Array(length * filled);
  for (let i = 0; i < length; i++) {
    const at = (start + i) * taps;
    short.set(weights.subarray(at, at + most), i * filled);
  }
  const origin = firsts[0]!;
  const made = {
    starts: firsts.map((sample) => (sample - origin) * step),
    weights: short,
    taps: filled,
    bits,
    first: origin,
    samples: firsts[length - 1]! + counts[length - 1]! - origin,
  };
  if (axes.size === mostAxes) axes.clear();
  axes.set(key, made);
  return made;
}

/** This thread's kernels. */
let kernels: Instance | undefined;

/** Across, then down, of those rows that the second pass reads. */
function twice(image: RgbImage, columns: Axis, rows: Axis): RgbImage {
  const [height, width] = [rows.starts.length, columns.starts.length];
  const stride = image.width * 3;
  const row = width * 3;

  let end = 0;
  const place = (bytes: number) => {
    const at = end;
    end = (at + bytes + 63) & ~31; // kernels go up to 16 bytes too far
    return at;
  };
  const starts = [place(columns.starts.byteLength), place(rows.starts.byteLength)] as const;
  const weights = [place(columns.weights.byteLength), place(rows.weights.byteLength)] as const;
  // Taps of weight 0 are read too.
  const from = place(rows.samples * stride + columns.taps * 3);
  const between = place((rows.samples + rows.taps) * row);
  const to = place(height * row);

  kernels ??= instantiate(resampleKernels);
  growTo(kernels, end);
  const { buffer } = kernels.memory;
  [columns, rows].forEach((axis, i) => {
    new Int32Array(buffer, starts[i]).set(axis.starts);
    new Int16Array(buffer, weights[i]).set(axis.weights);
  });
  const read = image.data.subarray(rows.first * stride, (rows.first + rows.samples) * stride);
  new Uint8Array(buffer, from).set(read);
  const run = kernels.functions;
  const left = from + columns.first * 3;
  run.across!(left, between, rows.samples, stride, starts[0], weights[0], width, columns.taps, columns.bits);
  run.down!(between, to, row, starts[1], weights[1], height, rows.taps, rows.bits);
  const data = new Uint8Array(buffer, to, height * row).slice();
  if (buffer.byteLength > largeBytes) kernels = undefined;
  return { data, height, width };
}

function nearest(image: RgbImage, height: number, width: number): RgbImage {
  const rows = nearestSamples(image.height, height);
  const columns = nearestSamples(image.width, width);
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

/** The input sample under the centre of each output; where it falls on a border torch's arithmetic in f32 decides. */
function nearestSamples(from: number, to: number): Int32Array {
  const scale = Math.fround(from / to);
  return Int32Array.from({ length: to }, (_, i) =>
    Math.min(from - 1, Math.floor(Math.fround((i + 0.5) * scale))),
  );
}
