import type { normalization } from "../ops/normalization.ts";
import type { products } from "../ops/products.ts";
import type { reduction } from "../ops/reduction.ts";
import { iota, type Tensor } from "../tensor.ts";
import { discrete, type Rules } from "./rule.ts";

/** dy of a reduction with its folded axes put back as ones, ready to broadcast. */
function unfolded(x: Tensor, axes: readonly number[], dy: Tensor): Tensor {
  return dy.reshape(x.shape.map((n, i) => (axes.includes(i) ? 1 : n)));
}

/** All leading axes made one: [R, last]. */
function rows(x: Tensor): Tensor {
  return x.reshape([-1, x.shape.at(-1)!]);
}

/** Reductions, products and normalisations. */
export const numericGradients: Rules<keyof (typeof reduction & typeof products & typeof normalization)> = {
  sum: ({ attributes: { axes }, inputs: [x], dy }) => [unfolded(x!, axes, dy).expand(x!.shape)],
  // Equal maxima share the gradient evenly.
  max: ({ attributes: { axes }, inputs: [x], outputs: [y], dy }) => {
    const isMax = x!.equal(unfolded(x!, axes, y!)).cast("f32");
    const share = unfolded(x!, axes, dy).div(isMax.sum(axes, true));
    return [isMax.mul(share)];
  },
  topK: ({ inputs: [x], outputs: [, indices], dy }) => {
    const classes = iota(x!.shape.at(-1)!);
    const chosen = indices!.unsqueeze(-1).equal(classes); // [..., k, n]
    return [chosen.where(dy.unsqueeze(-1), 0).sum(-2)];
  },
  argmax: discrete,
  // Y = c op(A) op(B): dA = c dY op(B)^T, dB = c op(A)^T dY, each transposed back when its input was
  matmul: ({ attributes: { transA, transB, alpha }, inputs: [a, b], dy }) => {
    const da = transA
      ? b!.matmul(dy, { transA: transB, transB: true, alpha })
      : dy.matmul(b!, { transB: !transB, alpha });
    const shared = b!.rank === 2;
    const [left, right] = shared ? [rows(a!), rows(dy)] : [a!, dy];
    const db = transB
      ? right.matmul(left, { transA: true, transB: transA, alpha })
      : left.matmul(right, { transA: !transA, alpha });
    return [da, db];
  },
  // y (dy - sum(dy y))
  softmax: ({ outputs: [y], dy }) => {
    const weighted = dy.mul(y!);
    return [weighted.sub(y!.mul(weighted.sum(-1, true)))];
  },
  // dy - softmax(x) sum(dy)
  logSoftmax: ({ outputs: [y], dy }) => [dy.sub(y!.exp().mul(dy.sum(-1, true)))],
  // z = (x - mean) r, g = dy scale: dx = r (g - mean(g) - z mean(g z)), dscale = sum(dy z), dbias = sum(dy)
  layerNorm: ({ inputs: [x, scale, bias], outputs: [, mean, inverseStd], dy }) => {
    const z = x!.sub(mean!).mul(inverseStd!);
    const g = dy.mul(scale!);
    const dx = g
      .sub(g.mean(-1, true))
      .sub(z.mul(g.mul(z).mean(-1, true)))
      .mul(inverseStd!);
    return [dx, dy.mul(z).sumTo(scale!.shape), dy.sumTo(bias!.shape)];
  },
};
