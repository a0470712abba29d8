/**
 * How much of each token's new state comes from each token of the state before, as attention says it: weights averaged
 * over heads, half of a token's state kept by the residual branch (Abnar & Zuidema 2020, arXiv:2005.00928, section 3).
 * Words come first, then patches: f32[C,N,N], N = T + P; the rows of kept tokens sum to 1.
 */
import { identity } from "../../graph/functions.ts";
import { dims } from "../../graph/rearrange.ts";
import { concat, full, type Tensor } from "../../graph/tensor.ts";

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

/** What each token of two streams reads itself from: f32[C,T,T] and [C,P,P], as `selfFlow` gives it. */
export interface OwnFlow {
  readonly words: Tensor;
  readonly patches: Tensor;
}

/**
 * Two streams that read each other: weights f32[C,H,T,P] of words and [C,H,P,T] of patches to [C,N,N]. With `own`, each
 * token was first made anew out of its own stream, while the other stream is read as it was before.
 */
export function crossFlow(words: Tensor, patches: Tensor, own?: OwnFlow): Tensor {
  const { C, T, P } = dims([words, "C H T P"], [patches, "C H P T"]);
  const still = (n: number) => identity(n).unsqueeze(0).expand([C, n, n]);
  const [ofWords, ofPatches] = own === undefined ? [still(T), still(P)] : [own.words, own.patches];
  return half(joined(ofWords, words.mean(1), patches.mean(1), ofPatches));
}

/** Half of every token is new, from where no other token was read: words f32[C,T,D] and patches [C,P,D] to [C,N,N]. */
export function halfKept(words: Tensor, patches: Tensor): Tensor {
  const { C, T, P } = dims([words, "C T D"], [patches, "C P D"]);
  return half(
    identity(T + P)
      .unsqueeze(0)
      .expand([C, T + P, T + P]),
  );
}

/**
 * One or more steps of a fusion, first to last, as one: f32[C,N,N], whose row i says out of which tokens of the towers
 * the last state of token i was made. What a row lacks to 1 is given to the token itself. Rows sum to 1.
 */
export function rollOut(steps: readonly Tensor[]): Tensor {
  const { N } = dims([steps[0]!, "C N N"]);
  const whole = (step: Tensor) => identity(N).mul(full(1).sub(step.sum(2, true)));
  return steps
    .slice(1)
    .reduce((rolled, step) => step.matmul(rolled).add(whole(step)), steps[0]!.add(whole(steps[0]!)));
}

/** Four corners of one matrix, row by row. */
function joined(a: Tensor, b: Tensor, c: Tensor, d: Tensor): Tensor {
  return concat([concat([a, b], 2), concat([c, d], 2)], 1);
}

function half(x: Tensor): Tensor {
  return x.mul(0.5);
}
