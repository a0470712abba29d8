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

/** A transformer block with normalisation in front of each branch, as in ViT: x + f(norm(x)). */
export function preNormBlock(at: Scope, c: BlockConfig) {
  const attentionNorm = layerNorm(at.in("attentionNorm"), c.width, c.epsilon);
  const attend = attention(at.in("attention"), c);
  const feedNorm = layerNorm(at.in("feedNorm"), c.width, c.epsilon);
  const feed = feedForward(at.in("feed"), c);
  return at.layer((input: Tensor, bias?: Tensor): BlockOutput => {
    const normed = attentionNorm(input);
    const { output, weights } = attend(normed, normed, bias);
    const x = input.add(dropout(output, c.dropout));
    return { x: x.add(dropout(feed(feedNorm(x)), c.dropout)), weights };
  });
}

/** A transformer block with normalisation behind each residual sum, as in BERT: norm(x + f(x)). */
export function postNormBlock(at: Scope, c: BlockConfig) {
  const attend = attention(at.in("attention"), c);
  const attentionNorm = layerNorm(at.in("attentionNorm"), c.width, c.epsilon);
  const feed = feedForward(at.in("feed"), c);
  const feedNorm = layerNorm(at.in("feedNorm"), c.width, c.epsilon);
  return at.layer((input: Tensor, bias?: Tensor): BlockOutput => {
    const { output, weights } = attend(input, input, bias);
    const x = attentionNorm(input.add(dropout(output, c.dropout)));
    return { x: feedNorm(x.add(dropout(feed(x), c.dropout))), weights };
  });
}

/** A post-norm block that also attends to a second stream between self-attention and feed-forward. */
export function crossBlock(at: Scope, c: BlockConfig) {
  const attend = attention(at.in("attention"), c);
  const attentionNorm = layerNorm(at.in("attentionNorm"), c.width, c.epsilon);
  const cross = attention(at.in("cross"), c);
  const crossNorm = layerNorm(at.in("crossNorm"), c.width, c.epsilon);
  const feed = feedForward(at.in("feed"), c);
  const feedNorm = layerNorm(at.in("feedNorm"), c.width, c.epsilon);
  return at.layer((input: Tensor, other: Tensor, bias?: Tensor, otherBias?: Tensor): BlockOutput => {
    const self = attend(input, input, bias);
    const x = attentionNorm(input.add(dropout(self.output, c.dropout)));
    const crossed = cross(x, other, otherBias);
    const y = crossNorm(x.add(dropout(crossed.output, c.dropout)));
    return { x: feedNorm(y.add(dropout(feed(y), c.dropout))), weights: crossed.weights };
  });
}
