import { rearrange } from "./rearrange.ts";
import { meanOverRanks } from "./share.ts";
import { concat, constant, full, iota, type Tensor } from "./tensor.ts";
import { randomBits } from "./trace.ts";

/**
 * Zeroes elements with probability `rate` and scales the rest by 1 / (1 - rate) (Srivastava et al. 2014, JMLR 15).
 * The identity in eval mode and in frozen modules.
 */
export function dropout(x: Tensor, rate: number): Tensor {
  const bits = rate > 0 ? randomBits(x.shape) : undefined;
  if (bits === undefined) return x;
  const kept = bits.less(Math.round((1 - rate) * 2 ** 32 - 2 ** 31)).cast("f32");
  return x.mul(kept.mul(1 / (1 - rate)));
}

/**
 * One draw per row from softmax(logits [..., C]), as i32 [...], by the Gumbel maximum (Gumbel 1954).
 * In eval mode the most probable class.
 */
export function multinomial(logits: Tensor): Tensor {
  const bits = randomBits(logits.shape);
  if (bits === undefined) return logits.argmax();
  const uniform = bits
    .cast("f32")
    .mul(2 ** -32)
    .add(0.5)
    .maximum(1e-7)
    .minimum(1 - 1e-7);
  const gumbel = uniform.log().neg().log().neg();
  return logits.add(gumbel).argmax();
}

/** 0..n-1 in random order, i32[n]; in order in eval mode. */
export function permutation(n: number): Tensor {
  const bits = randomBits([n]);
  return bits === undefined ? iota(n) : bits.cast("f32").topK(n).indices;
}

/** Moves elements along an axis by `shift` places, what leaves at the end coming in at the front, as windows of Swin are shifted. */
export function roll(x: Tensor, axis: number, shift: number): Tensor {
  const size = x.shape.at(axis)!;
  const cut = ((-shift % size) + size) % size;
  return cut === 0 ? x : concat([x.slice(axis, cut, size), x.slice(axis, 0, cut)], axis);
}

/** f32[B,H,W,C] in square windows: f32[B * windows, side * side, C] (Liu et al. 2021, Swin, arXiv:2103.14030, section 3.2). */
export function windows(x: Tensor, side: number): Tensor {
  return rearrange(x, "B (h p) (w q) C -> (B h w) (p q) C", { p: side, q: side });
}

/** Undoes `windows` for pictures of `height` by `width`. */
export function fromWindows(x: Tensor, side: number, height: number, width: number): Tensor {
  const sizes = { h: height / side, w: width / side, p: side, q: side };
  return rearrange(x, "(B h w) (p q) C -> B (h p) (w q) C", sizes);
}

/**
 * Cross entropy in nats per row: logits [..., C] and labels i32 [...] to f32 [...].
 */
export function crossEntropy(logits: Tensor, labels: Tensor): Tensor {
  return logits.logSoftmax().pick(labels).neg();
}

/**
 * Mean of `values` weighted by `weights` of the same shape; zero where all weights are zero. Over ranks the mean of what
 * they return is that of the whole batch: a rank with more weights returns more.
 */
export function weightedMean(values: Tensor, weights: Tensor): Tensor {
  return values.mul(weights).sumAll().div(meanOverRanks(weights.sumAll()).maximum(1e-6));
}

/** Share of rows whose largest logit is the label, weighted. */
export function weightedAccuracy(logits: Tensor, labels: Tensor, weights: Tensor): Tensor {
  return weightedMean(logits.argmax().equal(labels).cast("f32"), weights);
}

/** x / max(|x|, 1e-12) along the last axis. */
export function unitNorm(x: Tensor): Tensor {
  return x.div(x.mul(x).sum(-1, true).maximum(1e-24).sqrt());
}

/** 1 on the diagonal: f32 [n, n]. */
export function identity(n: number): Tensor {
  return constant(
    "f32",
    [n, n],
    Float32Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0)),
  );
}

/** Binary cross entropy in nats, element by element, stable for large logits: max(x,0) - x y + log(1 + exp(-|x|)). */
export function binaryCrossEntropy(logits: Tensor, targets: Tensor): Tensor {
  return logits.relu().sub(logits.mul(targets)).add(full(1).add(logits.abs().neg().exp()).log());
}
