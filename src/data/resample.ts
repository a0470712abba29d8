import { resampleKernels } from "./resample-kernels.ts";
import { type ResampleFilter, type ResampleWeights, resampleWeights } from "./resample-weights.ts";
import { cut, type Region, type RgbImage } from "./rgb-image.ts";
import { type Instance, instantiate, pageBytes } from "./wasm.ts";

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
  const columns = part(resampleWeights(image.width, width, filter), window.left, window.width);
  const rows = part(resampleWeights(image.height, height, filter), window.top, window.height);
  return twice(image, columns, rows);
}

/** The weights of `length` outputs from `from` on. */
function part(
  { first, count, weights, taps, bits }: ResampleWeights,
  from: number,
  length: number,
): ResampleWeights {
  const to = from + length;
  return {
    first: first.subarray(from, to),
    count: count.subarray(from, to),
    weights: weights.subarray(from * taps, to * taps),
    taps,
    bits,
  };
}

/** This thread's kernels. */
let kernels: Instance | undefined;
/** Memory that is not kept for the next picture. */
const largeBytes = 2 ** 26;

/** Across, then down, of those rows that the second pass reads. */
function twice(image: RgbImage, columns: ResampleWeights, rows: ResampleWeights): RgbImage {
  const { first, count } = rows;
  const [height, width] = [first.length, columns.first.length];
  const top = first[0]!;
  const lines = first[height - 1]! + count[height - 1]! - top;
  const stride = image.width * 3;
  const row = width * 3;
  const [across, down] = [packed(columns, 3, 0, 4), packed(rows, row, top, 2)];

  let end = 0;
  const place = (bytes: number) => {
    const at = end;
    end = (at + bytes + 63) & ~31; // kernels go up to 16 bytes too far
    return at;
  };
  const starts = [place(across.starts.byteLength), place(down.starts.byteLength)] as const;
  const weights = [place(across.weights.byteLength), place(down.weights.byteLength)] as const;
  // Taps of weight 0 are read too.
  const from = place(lines * stride + across.taps * 3);
  const between = place((lines + down.taps) * row);
  const to = place(height * row);

  kernels ??= instantiate(resampleKernels);
  const missing = end - kernels.memory.buffer.byteLength;
  if (missing > 0) kernels.memory.grow(Math.ceil(missing / pageBytes));
  const { buffer } = kernels.memory;
  new Int32Array(buffer, starts[0]).set(across.starts);
  new Int32Array(buffer, starts[1]).set(down.starts);
  new Int16Array(buffer, weights[0]).set(across.weights);
  new Int16Array(buffer, weights[1]).set(down.weights);
  new Uint8Array(buffer, from).set(image.data.subarray(top * stride, (top + lines) * stride));
  const run = kernels.functions;
  run.across!(from, between, lines, stride, starts[0], weights[0], width, across.taps, columns.bits);
  run.down!(between, to, row, starts[1], weights[1], height, down.taps, rows.bits);
  const data = new Uint8Array(buffer, to, height * row).slice();
  if (buffer.byteLength > largeBytes) kernels = undefined;
  return { data, height, width };
}

/**
 * Weights as the kernels read them: taps filled up with zeros to a multiple, starts in steps of `step` bytes behind
 * sample `origin`.
 */
function packed(
  { first, count, weights, taps }: ResampleWeights,
  step: number,
  origin: number,
  multiple: number,
) {
  const most = count.reduce((a, b) => Math.max(a, b));
  const filled = Math.ceil(most / multiple) * multiple;
  const short = new Int16Array(first.length * filled);
  for (let i = 0; i < first.length; i++) {
    short.set(weights.subarray(i * taps, i * taps + most), i * filled);
  }
  return { starts: first.map((sample) => (sample - origin) * step), weights: short, taps: filled };
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
