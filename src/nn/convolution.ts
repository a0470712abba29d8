import { apply, type Tensor } from "../graph/tensor.ts";
import { normal, ones, zeros } from "./init.ts";
import type { Scope } from "./scope.ts";

/** Channels in and out, and square windows: `kernel` is their side, `stride` the pixels from one to the next. */
export interface ConvolutionConfig {
  readonly from: number;
  readonly to: number;
  readonly kernel: number;
  readonly stride: number;
  /** Zeros on each side; half the kernel keeps the size at stride 1. */
  readonly padding: number;
  readonly bias: boolean;
}

/** Per channel of [B,C,H,W]. */
const byChannel = (x: Tensor) => x.reshape([-1, 1, 1]);

/**
 * f32[B,from,H,W] to [B,to,H',W']; weight [to, from, k, k], bias [to]. The weight starts in N(0, 2 / (k^2 to)), which
 * keeps the size of gradients through relus (He et al. 2015, arXiv:1502.01852, eq. 14).
 */
export function convolution(at: Scope, { from, to, kernel, stride, padding, bias }: ConvolutionConfig) {
  const weight = at.param("weight", [to, from, kernel, kernel], normal(Math.sqrt(2 / (kernel ** 2 * to))));
  const offset = bias ? at.param("bias", [to], zeros) : undefined;
  return at.layer((x: Tensor): Tensor => {
    const y = apply("conv2d", { stride, padding }, x, weight);
    return offset === undefined ? y : y.add(byChannel(offset));
  });
}

/**
 * Batch normalisation (Ioffe & Szegedy 2015, arXiv:1502.03167) by the statistics that came with the weights, as at
 * inference: (x - mean) / sqrt(variance + epsilon) * weight + bias by channel of f32[B,C,H,W]. Detectors and grid
 * features are trained so, for their batches are too small to measure.
 */
export function frozenBatchNorm(at: Scope, width: number, epsilon: number) {
  const weight = at.param("weight", [width], ones);
  const bias = at.param("bias", [width], zeros);
  const mean = at.buffer("mean", [width], zeros);
  const variance = at.buffer("variance", [width], ones);
  return at.layer((x: Tensor): Tensor => {
    const scale = weight.div(variance.add(epsilon).sqrt());
    return x.mul(byChannel(scale)).add(byChannel(bias.sub(mean.mul(scale))));
  });
}
