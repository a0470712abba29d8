import { dims } from "./rearrange.ts";
import { constant, type Tensor } from "./tensor.ts";

/**
 * How values between the samples are found. "bicubic" is Keys' kernel (1981, IEEE ASSP 29) with a = -0.75, "smooth"
 * the same with a = -0.5, normalised at the edges and, where the result is smaller, widened against aliasing. They
 * are PyTorch's "bicubic" without and with `antialias`.
 */
export type Interpolation = "bilinear" | "bicubic" | "smooth";

/**
 * Resizes the two middle axes of f32[B,H,W,C], corners not aligned. Interpolation is linear in the values, so it is
 * two products with constant matrices, and its gradient comes for free.
 */
export function resize(x: Tensor, height: number, width: number, method: Interpolation): Tensor {
  const { B, H, W, C } = dims([x, "B H W C"]);
  const rows = constant("f32", [height, H], interpolationWeights(H, height, method));
  const columns = constant("f32", [width, W], interpolationWeights(W, width, method));
  const tall = x
    .transpose([0, 2, 3, 1])
    .reshape([B * W * C, H])
    .matmul(rows, { transB: true });
  return tall
    .reshape([B, W, C, height])
    .transpose([0, 3, 2, 1])
    .reshape([B * height * C, W])
    .matmul(columns, { transB: true })
    .reshape([B, height, C, width])
    .transpose([0, 1, 3, 2]);
}

/** [to, from], row-major: row i holds the weights of the samples that make output i. */
export function interpolationWeights(from: number, to: number, method: Interpolation): Float32Array {
  const weights = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const centre = ((i + 0.5) * from) / to - 0.5;
    const row = weights.subarray(i * from, (i + 1) * from);
    if (method === "smooth") smoothRow(row, centre, Math.max(1, from / to));
    else edgeRow(row, centre, method);
  }
  return weights;
}

/** Samples beyond an edge are that edge's. */
function edgeRow(row: Float32Array, centre: number, method: "bilinear" | "bicubic"): void {
  // Two taps stop at the edge before they are weighted, four taps after.
  const place = method === "bilinear" ? Math.max(0, centre) : centre;
  const left = Math.floor(place);
  for (const tap of method === "bilinear" ? [0, 1] : [-1, 0, 1, 2]) {
    const distance = Math.abs(place - left - tap);
    const sample = Math.min(row.length - 1, Math.max(0, left + tap));
    row[sample]! += method === "bilinear" ? Math.max(0, 1 - distance) : cubic(distance, -0.75);
  }
}

/** Samples beyond an edge count nothing, the others make up for them; the kernel is `spread` times as wide. */
function smoothRow(row: Float32Array, centre: number, spread: number): void {
  const first = Math.max(0, Math.trunc(centre + 1 - 2 * spread));
  const end = Math.min(row.length, Math.trunc(centre + 1 + 2 * spread));
  let total = 0;
  for (let sample = first; sample < end; sample++) {
    row[sample] = cubic(Math.abs(sample - centre) / spread, -0.5);
    total += row[sample]!;
  }
  for (let sample = first; sample < end; sample++) row[sample]! /= total;
}

function cubic(distance: number, a: number): number {
  const d = distance;
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}
