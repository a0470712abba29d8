/**
 * How much of each token's new state comes from each token of the state before, as attention says it: weights averaged
 * over heads, half of a token's state kept by the residual branch (Abnar & Zuidema 2020, arXiv:2005.00928, section 3).
 * Words come first, then patches: f32[C,N,N], N = T + P; the rows of kept tokens sum to 1.
 */
import { identity } from "../../graph/functions.ts";
import { dims } from "../../graph/rearrange.ts";
import { concat, full, type Tensor } from "../../graph/tensor.ts";
import type { FusedState } from "../contracts.ts";

/** A fused state that says how it came about. */
export interface FlowState extends FusedState {
  /** The steps of the fusion, first to last, each f32[C,N,N] as above. */
  readonly flow: readonly Tensor[];
}

/** Tokens that attend to one another: weights f32[C,H,n,n] to [C,n,n]. */
export function selfFlow(weights: Tensor): Tensor {
  const { n } = dims([weights, "C H n n"]);
  return half(weights.mean(1).add(identity(n)));
}

/** Two streams that each keep to themselves: f32[C,T,T] and [C,P,P] to [C,N,N]. */
export function pairFlow(words: Tensor, patches: Tensor): Tensor {
  const { C, T, P } = dims([words, "C T T"], [patches, "C P P"]);
  return joined(words, full(0, "f32", [C, T, P]), full(0, "f32", [C, P, T]), patches);
}

/** Two streams that read each other: weights f32[C,H,T,P] of words and [C,H,P,T] of patches to [C,N,N]. */
export function crossFlow(words: Tensor, patches: Tensor): Tensor {
  const { C, T, P } = dims([words, "C H T P"], [patches, "C H P T"]);
  const own = (n: number) => identity(n).unsqueeze(0).expand([C, n, n]);
  return half(joined(own(T), words.mean(1), patches.mean(1), own(P)));
}

/** Four corners of one matrix, row by row. */
function joined(a: Tensor, b: Tensor, c: Tensor, d: Tensor): Tensor {
  return concat([concat([a, b], 2), concat([c, d], 2)], 1);
}

function half(x: Tensor): Tensor {
  return x.mul(0.5);
}
