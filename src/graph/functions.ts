import { apply, constant, full, type Tensor } from "./tensor.ts";
import { randomSite } from "./trace.ts";

/**
 * Zeroes elements with probability `rate` and scales the rest by 1 / (1 - rate) (Srivastava et al. 2014, JMLR 15).
 * The identity in eval mode and in frozen modules.
 */
export function dropout(x: Tensor, rate: number): Tensor {
  const random = rate > 0 ? randomSite() : undefined;
  if (random === undefined) return x;
  const bits = apply("randomBits", { shape: x.shape, site: random.site }, random.key);
  const kept = bits.less(Math.round((1 - rate) * 2 ** 32 - 2 ** 31)).cast("f32");
  return x.mul(kept.mul(1 / (1 - rate)));
}

/**
 * One draw per row from softmax(logits [..., C]), as i32 [...], by the Gumbel maximum (Gumbel 1954).
 * In eval mode the most probable class.
 */
export function multinomial(logits: Tensor): Tensor {
  const random = randomSite();
  if (random === undefined) return logits.argmax();
  const bits = apply("randomBits", { shape: logits.shape, site: random.site }, random.key);
  const uniform = bits
    .cast("f32")
    .mul(2 ** -32)
    .add(0.5)
    .maximum(1e-7)
    .minimum(1 - 1e-7);
  const gumbel = uniform.log().neg().log().neg();
  return logits.add(gumbel).argmax();
}

/**
 * Cross entropy in nats per row: logits [..., C] and labels i32 [...] to f32 [...].
 */
export function crossEntropy(logits: Tensor, labels: Tensor): Tensor {
  return logits.logSoftmax().pick(labels).neg();
}

/** Mean of `values` weighted by `weights` of the same shape; zero where all weights are zero. */
export function weightedMean(values: Tensor, weights: Tensor): Tensor {
  return values.mul(weights).sumAll().div(weights.sumAll().maximum(1e-6));
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
