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

/**
 * Shares of all that reached the kept words and patches, in [0, 1]; what is missing to 1 stayed within its modality or
 * came from a token of neither.
 */
export interface InterModalityFlow {
  /** Into words, out of patches. */
  readonly toWords: number;
  /** Into patches, out of words. */
  readonly toPatches: number;
  /** Both. */
  readonly total: number;
}

/**
 * `rolled` is that of one pair, N x N row by row: row i says out of which tokens token i was made, as shares. Words come
 * first, then patches; what stands behind them belongs to neither. Every kept token counts equally.
 * @throws BifocalError when the size does not fit or no token is kept.
 */
export function interModalityFlow(rolled: ArrayLike<number>, tokens: FlowTokens): InterModalityFlow {
  const { words, patches, keep } = tokens;
  const own = words + patches;
  const n = Math.sqrt(rolled.length);
  if (!Number.isInteger(n) || n < own) {
    fail("shape", "inter-modality flow", {
      expected: `a square of ${own} rows or more`,
      got: `${rolled.length} numbers`,
    });
  }
  const kept = Array.from({ length: own }, (_, i) => i).filter((i) => keep === undefined || keep[i]! > 0);
  if (kept.length === 0) fail("data", "inter-modality flow", { expected: "a token", got: "padding only" });
  const [keptWords, keptPatches] = [kept.filter((i) => i < words), kept.filter((i) => i >= words)];
  const flow = (into: readonly number[], outOf: readonly number[]) => {
    let mass = 0;
    for (const i of into) for (const j of outOf) mass += rolled[i * n + j]!;
    return mass / kept.length;
  };
  const [toWords, toPatches] = [flow(keptWords, keptPatches), flow(keptPatches, keptWords)];
  return { toWords, toPatches, total: toWords + toPatches };
}
