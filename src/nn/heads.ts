import type { Tensor } from "../graph/tensor.ts";
import { zeros } from "./init.ts";
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

/** Linear to twice the width, norm, GELU, linear: the answer classifier of the ViLT family. [B,D] to [B,classes]. */
export function classifierHead(at: Scope, c: HeadConfig) {
  const hidden = linear(at.in("hidden"), { from: c.width, to: 2 * c.width });
  const norm = layerNorm(at.in("norm"), 2 * c.width, c.epsilon);
  const classes = linear(at.in("classes"), { from: 2 * c.width, to: c.classes });
  return at.layer((pooled: Tensor): Tensor => classes(norm(hidden(pooled)).gelu("exact")));
}

/** Linear, GELU, norm, decoder with its own bias: BERT's masked-word head, not tied to the word table. [R,D] to [R,classes]. */
export function wordHead(at: Scope, c: HeadConfig) {
  const transform = linear(at.in("transform"), { from: c.width, to: c.width });
  const norm = layerNorm(at.in("norm"), c.width, c.epsilon);
  const decoder = linear(at.in("decoder"), { from: c.width, to: c.classes, bias: false });
  const bias = at.param("bias", [c.classes], zeros);
  return at.layer((x: Tensor): Tensor => decoder(norm(transform(x).gelu("exact"))).add(bias));
}
