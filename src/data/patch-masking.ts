import type { Rng } from "../core/rng.ts";

/** Patches of one picture, 1 or 0 each. */
export interface MaskedPicture {
  /** The model is asked about them. */
  readonly chosen: Uint8Array;
  /** The model does not see them: most of those chosen, so that it has to look at all. */
  readonly hidden: Uint8Array;
}

/**
 * Chooses each of `patches` with probability `rate` and hides 80 % of those chosen (masked patch prediction: Kim et al.
 * 2021, arXiv:2102.03334).
 */
export function maskPatches(patches: number, rate: number, random: Rng): MaskedPicture {
  const chosen = Uint8Array.from({ length: patches }, () => (random.uniform() < rate ? 1 : 0));
  return { chosen, hidden: chosen.map((is) => (is === 1 && random.uniform() < 0.8 ? 1 : 0)) };
}
