import { dims } from "./rearrange.ts";
import { constant, type Tensor } from "./tensor.ts";

/** How values between the samples are found: "bicubic" is Keys' kernel (1981, IEEE ASSP 29) with a = -0.75, as PyTorch has it. */
export type Interpolation = "bilinear" | "bicubic";

/**
 * Resizes the two middle axes of f32[B,H,W,C], corners not aligned, without antialiasing. Interpolation is linear in
 * the values, so it is two products with constant matrices, and its gradient comes for free.
 */
export function resize(x: Tensor, height: number, width: number, method: Interpolation): Tensor {
  const { B, H, W, C } = dims([x, "B H W C"]);
  const rows = interpolationMatrix(H, height, method);
  const columns = interpolationMatrix(W, width, method);
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

/** f32[to, from]: row i holds the weights of the samples that make output i; samples beyond an edge are that edge's. */
function interpolationMatrix(from: number, to: number, method: Interpolation): Tensor {
  const weights = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const centre = ((i + 0.5) * from) / to - 0.5;
    // Two taps stop at the edge before they are weighted, four taps after.
    const place = method === "bilinear" ? Math.max(0, centre) : centre;
    const left = Math.floor(place);
    const taps = method === "bilinear" ? [0, 1] : [-1, 0, 1, 2];
    for (const tap of taps) {
      const distance = Math.abs(place - left - tap);
      const weight = method === "bilinear" ? Math.max(0, 1 - distance) : cubic(distance);
      const sample = Math.min(from - 1, Math.max(0, left + tap));
      weights[i * from + sample]! += weight;
    }
  }
  return constant("f32", [to, from], weights);
}

function cubic(distance: number): number {
  const a = -0.75;
  const d = distance;
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}
