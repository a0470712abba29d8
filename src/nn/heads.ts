import type { Tensor } from "../graph/tensor.ts";
import { type Activation, activate } from "./activation.ts";
import { normal, zeros } from "./init.ts";
import { linear } from "./linear.ts";
import { layerNorm } from "./norm.ts";
import type { Scope } from "./scope.ts";

/** tanh of a linear layer on one token [B,D] (Devlin et al. 2019: BERT's pooler). */
export function pooler(at: Scope, width: number) {
  const dense = linear(at.in("dense"), { from: width, to: width });
  return at.layer((token: Tensor): Tensor => dense(token).tanh());
}

/** From states of `width` to `classes` logits; `epsilon` is the norm's. */
export interface HeadConfig {
  readonly width: number;
  readonly classes: number;
  readonly epsilon: number;
}

/** Sizes of a classifier. */
export interface ClassifierConfig extends HeadConfig {
  /** Width between the two layers; twice `width` when absent, as in ViLT, where that is the width of one stream. */
  readonly hidden?: number | undefined;
}

/** Linear, norm, GELU, linear: the answer classifier of the ViLT family. [B,D] to [B,classes]. */
export function classifierHead(at: Scope, c: ClassifierConfig) {
  const inner = c.hidden ?? 2 * c.width;
  const hidden = linear(at.in("hidden"), { from: c.width, to: inner });
  const norm = layerNorm(at.in("norm"), inner, c.epsilon);
  const classes = linear(at.in("classes"), { from: inner, to: c.classes });
  return at.layer((pooled: Tensor): Tensor => classes(norm(hidden(pooled)).gelu("exact")));
}

/** Sizes of a masked-word head; `classes` is the vocabulary. */
export interface WordHeadConfig extends HeadConfig {
  /** Width of the decoder's rows where it is not `width`: that of a word table the head is tied to. */
  readonly embeddingWidth?: number | undefined;
  /** "exact" when absent. */
  readonly activation?: Activation | undefined;
}

/**
 * Linear, GELU, norm, decoder with its own bias: BERT's masked-word head. [...,D] to [...,classes]. The decoder's
 * matrix is `table` f32[classes, embeddingWidth] where one is given: tied to the words' vectors (Press & Wolf 2017,
 * arXiv:1608.05859).
 */
export function wordHead(at: Scope, c: WordHeadConfig, table?: Tensor) {
  const inner = c.embeddingWidth ?? c.width;
  const transform = linear(at.in("transform"), { from: c.width, to: inner });
  const norm = layerNorm(at.in("norm"), inner, c.epsilon);
  const decoder = table ?? at.in("decoder").param("weight", [c.classes, inner], normal(at.std));
  const bias = at.param("bias", [c.classes], zeros);
  return at.layer((x: Tensor): Tensor => {
    const hidden = norm(activate(transform(x), c.activation ?? "exact"));
    return hidden.matmul(decoder, { transB: true }).add(bias);
  });
}
