/** Patches that a model has to name without having seen them. B pictures of N patches each, special tokens not counted. */
import { dims } from "../graph/rearrange.ts";
import { full, type Tensor } from "../graph/tensor.ts";

/** M patches of the whole batch: places nobody filled have weight 0. */
export interface HiddenPatches {
  /** i32[M]: row of the flattened [B*N]. */
  readonly positions: Tensor;
  /** f32[M]: 1 or 0. */
  readonly weights: Tensor;
}

/** bool[B,N]: true where a patch is hidden. */
export function hiddenPlaces({ positions, weights }: HiddenPatches, B: number, N: number): Tensor {
  const hits = weights.scatterAdd(positions, B * N);
  return hits.less(0.5).not().reshape([B, N]);
}

/**
 * Pictures f32[B,3,Y,X], normalised, with the patches at `places`, bool[B,N] row by row, in the mean colour, 0: what any
 * tower can read, whatever its patches are. `patch` is the side of one in pixels and divides Y and X.
 */
export function hidePixels(pixels: Tensor, places: Tensor, patch: number): Tensor {
  const { B, Y, X } = dims([pixels, "B 3 Y X"]);
  const [h, w] = [Y / patch, X / patch];
  dims([places, `${B} ${h * w}`]);
  const shown = places.where(full(0), full(1)).reshape([B, 1, h, 1, w, 1]);
  return pixels.mul(shown.expand([B, 1, h, patch, w, patch]).reshape([B, 1, Y, X]));
}

/** The fused states of the hidden patches: patches f32[B,P,F], of which the first `specials` are no patches, to f32[M,F]. */
export function hiddenStates(patches: Tensor, { positions }: HiddenPatches, specials: number): Tensor {
  const { P, F } = dims([patches, "B P F"]);
  return patches.slice(1, specials, P).reshape([-1, F]).gather(positions);
}
