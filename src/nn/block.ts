import { dropout } from "../graph/functions.ts";
import type { GeluKind } from "../graph/ops/elementwise.ts";
import type { Tensor } from "../graph/tensor.ts";
import { attention } from "./attention.ts";
import { linear } from "./linear.ts";
import { layerNorm } from "./norm.ts";
import type { Scope } from "./scope.ts";

/** Sizes of one block, whose input and output are both `width` wide. */
export interface BlockConfig {
  readonly width: number;
  readonly heads: number;
  /** Width inside the feed-forward layer. */
  readonly hidden: number;
  readonly activation: GeluKind;
  /** Where the norm of a residual branch stands. */
  readonly norm: "pre" | "post";
  /** On attention weights and on every residual branch. */
  readonly dropout: number;
  readonly epsilon: number;
}

/** Linear, GELU, linear (Vaswani et al. 2017, section 3.3). [..., D] to [..., D]. */
export function feedForward(at: Scope, c: BlockConfig) {
  const up = linear(at.in("up"), { from: c.width, to: c.hidden });
  const down = linear(at.in("down"), { from: c.hidden, to: c.width });
  return at.layer((x: Tensor): Tensor => down(up(x).gelu(c.activation)));
}

/** What a block returns: the stream [B,N,D] and the attention weights [B,H,N,N] that made it. */
export interface BlockOutput {
  readonly x: Tensor;
  readonly weights: Tensor;
}

/**
 * A residual branch with its norm: "pre" x + f(norm(x)), as in ViT, keeps a straight way from input to output and
 * trains without much warm-up; "post" norm(x + f(x)), as in BERT (Xiong et al. 2020, arXiv:2002.04745, compare them).
 */
function residual(at: Scope, c: BlockConfig) {
  const norm = layerNorm(at, c.width, c.epsilon);
  return (x: Tensor, branch: (x: Tensor) => Tensor): Tensor =>
    c.norm === "pre"
      ? x.add(dropout(branch(norm(x)), c.dropout))
      : norm(x.add(dropout(branch(x), c.dropout)));
}

/** Self-attention, then feed-forward, each a residual branch: x [B,N,D], bias as in `attention`. */
export function encoderBlock(at: Scope, c: BlockConfig) {
  const attend = attention(at.in("attention"), c);
  const attentionBranch = residual(at.in("attentionNorm"), c);
  const feed = feedForward(at.in("feed"), c);
  const feedBranch = residual(at.in("feedNorm"), c);
  return at.layer((input: Tensor, bias?: Tensor): BlockOutput => {
    let weights = input;
    const x = attentionBranch(input, (normed) => {
      const mixed = attend(normed, normed, bias);
      weights = mixed.weights;
      return mixed.output;
    });
    return { x: feedBranch(x, feed), weights };
  });
}

/** A block that also attends to a second stream between self-attention and feed-forward; returns those weights. */
export function crossBlock(at: Scope, c: BlockConfig) {
  const attend = attention(at.in("attention"), c);
  const attentionBranch = residual(at.in("attentionNorm"), c);
  const cross = attention(at.in("cross"), c);
  const crossBranch = residual(at.in("crossNorm"), c);
  // A stream of post-norm blocks is normalised already.
  const otherNorm = finalNorm(at.in("otherNorm"), c);
  const feed = feedForward(at.in("feed"), c);
  const feedBranch = residual(at.in("feedNorm"), c);
  return at.layer((input: Tensor, other: Tensor, bias?: Tensor, otherBias?: Tensor): BlockOutput => {
    const source = otherNorm(other);
    let weights = input;
    const x = attentionBranch(input, (normed) => attend(normed, normed, bias).output);
    const y = crossBranch(x, (normed) => {
      const mixed = cross(normed, source, otherBias);
      weights = mixed.weights;
      return mixed.output;
    });
    return { x: feedBranch(y, feed), weights };
  });
}

/** The norm a stream of pre-norm blocks needs before others read it; post-norm blocks end with one of their own. */
export function finalNorm(at: Scope, c: BlockConfig): (x: Tensor) => Tensor {
  return c.norm === "pre" ? layerNorm(at, c.width, c.epsilon) : (x) => x;
}
