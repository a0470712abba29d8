import { dropout } from "../graph/functions.ts";
import { full, type Tensor } from "../graph/tensor.ts";
import { type Activation, activate } from "./activation.ts";
import { type AttentionConfig, attention } from "./attention.ts";
import { fixed } from "./init.ts";
import { linear } from "./linear.ts";
import { layerNorm } from "./norm.ts";
import type { Scope } from "./scope.ts";

/** Sizes of one block, whose input and output are both `width` wide. */
export interface BlockConfig {
  readonly width: number;
  readonly heads: number;
  /** Width inside the feed-forward layer. */
  readonly hidden: number;
  readonly activation: Activation;
  /** Where the norm of a residual branch stands. */
  readonly norm: "pre" | "post";
  /** On attention weights and on every residual branch. */
  readonly dropout: number;
  readonly epsilon: number;
  readonly projectionBias?: AttentionConfig["projectionBias"];
  /** Where every channel of a branch has a learned factor: what it starts at. */
  readonly layerScale?: number | undefined;
  /** A feed-forward layer with a gate, which `activation` acts on. */
  readonly gated?: boolean | undefined;
  /** Probability that a branch is left out for a row of the batch in training. */
  readonly dropPath?: number | undefined;
}

/**
 * Linear, GELU, linear (Vaswani et al. 2017, section 3.3). [..., D] to [..., D]. With a gate, the second linear layer
 * reads activation(gate(x)) * up(x) (Shazeer 2020, arXiv:2002.05202; with "silu" it is SwiGLU).
 */
export function feedForward(at: Scope, c: Pick<BlockConfig, "width" | "hidden" | "activation" | "gated">) {
  const gate = c.gated ? linear(at.in("gate"), { from: c.width, to: c.hidden }) : undefined;
  const up = linear(at.in("up"), { from: c.width, to: c.hidden });
  const down = linear(at.in("down"), { from: c.hidden, to: c.width });
  return at.layer(
    (x: Tensor): Tensor =>
      down(gate === undefined ? activate(up(x), c.activation) : activate(gate(x), c.activation).mul(up(x))),
  );
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
export function residual(at: Scope, name: string, c: BlockConfig) {
  const norm = layerNorm(at.in(`${name}Norm`), c.width, c.epsilon);
  // Touvron et al. 2021, LayerScale, arXiv:2103.17239, section 2.
  const scale =
    c.layerScale === undefined ? undefined : at.param(`${name}Scale`, [c.width], fixed(c.layerScale));
  const weigh = (branch: Tensor): Tensor => {
    const kept = dropout(branch, c.dropout);
    return dropPath(scale === undefined ? kept : kept.mul(scale), c.dropPath ?? 0);
  };
  return (x: Tensor, branch: (x: Tensor) => Tensor): Tensor =>
    c.norm === "pre" ? x.add(weigh(branch(norm(x)))) : norm(x.add(weigh(branch(x))));
}

/** Zeroes whole rows of [B,N,D] and scales the rest, as `dropout` does elements (Huang et al. 2016, arXiv:1603.09382). */
function dropPath(x: Tensor, rate: number): Tensor {
  return rate === 0 ? x : x.mul(dropout(full(1, "f32", [x.shape[0]!, 1, 1]), rate));
}

/** Self-attention, then feed-forward, each a residual branch: x [B,N,D], bias as in `attention`. */
export function encoderBlock(at: Scope, c: BlockConfig) {
  const attend = attention(at.in("attention"), c);
  const attentionBranch = residual(at, "attention", c);
  const feed = feedForward(at.in("feed"), c);
  const feedBranch = residual(at, "feed", c);
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

/** `weights` [B,H,N,M] say how the stream attends to the other, `own` [B,H,N,N] how it attends to itself. */
export interface CrossBlockOutput extends BlockOutput {
  readonly own: Tensor;
}

/** A block that also attends to a second stream [B,M,D] between self-attention and feed-forward. */
export function crossBlock(at: Scope, c: BlockConfig) {
  const attend = attention(at.in("attention"), c);
  const attentionBranch = residual(at, "attention", c);
  const cross = attention(at.in("cross"), c);
  const crossBranch = residual(at, "cross", c);
  // A stream of post-norm blocks is normalised already.
  const otherNorm = finalNorm(at.in("otherNorm"), c);
  const feed = feedForward(at.in("feed"), c);
  const feedBranch = residual(at, "feed", c);
  return at.layer((input: Tensor, other: Tensor, bias?: Tensor, otherBias?: Tensor): CrossBlockOutput => {
    const source = otherNorm(other);
    let own = input;
    let weights = input;
    const x = attentionBranch(input, (normed) => {
      const mixed = attend(normed, normed, bias);
      own = mixed.weights;
      return mixed.output;
    });
    const y = crossBranch(x, (normed) => {
      const mixed = cross(normed, source, otherBias);
      weights = mixed.weights;
      return mixed.output;
    });
    return { x: feedBranch(y, feed), weights, own };
  });
}

/** The norm a stream of pre-norm blocks needs before others read it; post-norm blocks end with one of their own. */
export function finalNorm(at: Scope, c: BlockConfig): (x: Tensor) => Tensor {
  return c.norm === "pre" ? layerNorm(at, c.width, c.epsilon) : (x) => x;
}

/** A stack run from x: its input and every block's output, and every block's attention weights. */
export function runBlocks(
  blocks: readonly ((x: Tensor, bias?: Tensor) => BlockOutput)[],
  x: Tensor,
  bias?: Tensor,
): { layers: readonly Tensor[]; attention: readonly Tensor[] } {
  const layers = [x];
  const attention: Tensor[] = [];
  for (const block of blocks) {
    const next = block(layers.at(-1)!, bias);
    layers.push(next.x);
    attention.push(next.weights);
  }
  return { layers, attention };
}
