/**
 * Inter-modality flow: how much of what the last layer holds of one modality came from the other.
 * Xue et al. 2021 (Visual Parsing), arXiv:2106.13488, who name the metric; its formula could not be checked against
 * the paper's, so this is our reading of it: attention rolled out through the layers (Abnar & Zuidema 2020,
 * arXiv:2005.00928, section 3) and split by modality. Compare figures of this program with one another only.
 */
import { fail } from "../core/errors.ts";

/** Numbers of tokens: T words, then P patches, and which of them are no padding. */
export interface FlowTokens {
  readonly words: number;
  readonly patches: number;
  /** 1 or 0 for each of the T + P; all of them when absent. */
  readonly keep?: ArrayLike<number> | undefined;
}

/** Shares of all that reached the kept tokens, in [0, 1]; what is missing to 1 stayed within its modality. */
export interface InterModalityFlow {
  /** Into words, out of patches. */
  readonly toWords: number;
  /** Into patches, out of words. */
  readonly toPatches: number;
  /** Both. */
  readonly total: number;
}

/**
 * `steps` are those of one pair, first to last, each N x N row by row, N = T + P: row i says out of which tokens token i
 * was made, residual branches included. Every kept token counts equally.
 * @throws BifocalError when a step has another size or no token is kept.
 */
export function interModalityFlow(
  steps: readonly ArrayLike<number>[],
  tokens: FlowTokens,
): InterModalityFlow {
  const { words, patches, keep } = tokens;
  const n = words + patches;
  const kept = Array.from({ length: n }, (_, i) => i).filter((i) => keep === undefined || keep[i]! > 0);
  if (kept.length === 0) fail("data", "inter-modality flow", { expected: "a token", got: "padding only" });
  let rolled = Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
  for (const [i, step] of steps.entries()) {
    if (step.length !== n * n) {
      fail("shape", `inter-modality flow, step ${i}`, {
        expected: `${n} x ${n} numbers`,
        got: `${step.length}`,
      });
    }
    rolled = product(step, rolled, n);
  }
  const flow = (into: (i: number) => boolean, outOf: (j: number) => boolean) => {
    let mass = 0;
    for (const i of kept.filter(into)) for (const j of kept.filter(outOf)) mass += rolled[i * n + j]!;
    return mass;
  };
  const isWord = (i: number) => i < words;
  const isPatch = (i: number) => i >= words;
  const mass = flow(
    () => true,
    () => true,
  );
  const toWords = flow(isWord, isPatch) / mass;
  const toPatches = flow(isPatch, isWord) / mass;
  return { toWords, toPatches, total: toWords + toPatches };
}

function product(a: ArrayLike<number>, b: Float64Array, n: number): Float64Array<ArrayBuffer> {
  const result = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const weight = a[i * n + k]!;
      for (let j = 0; j < n; j++) result[i * n + j]! += weight * b[k * n + j]!;
    }
  }
  return result;
}
