/**
 * Masked patch prediction: the mean colour of patches the model did not see, as 256 classes for each of red, green and
 * blue. Kim et al. 2021 (ViLT), arXiv:2102.03334, who found that it does not help.
 * Loss: mean over the chosen patches and their three colours.
 *
 * Differs: the original never made its mask vector and could not run; its colours come from normalised pixels, which
 * may fall below a class they lie on.
 * B pictures, P patches of the canvas, K of them read, D width.
 */
import { crossEntropy, weightedAccuracy, weightedMean } from "../graph/functions.ts";
import { dims, rearrange } from "../graph/rearrange.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { FusedState } from "../models/contracts.ts";
import { wordHead } from "../nn/heads.ts";
import type { Scope } from "../nn/scope.ts";
import { tokensAt } from "../nn/tokens.ts";
import type { ObjectiveOutput } from "./objective.ts";

/** Which patches are asked for, and what they look like. */
export interface MaskedPatches {
  /** bool[B,P], row by row, true at patches of the picture only: their colour is to be told. */
  readonly chosen: Tensor;
  /** i32[B,P,3], see `meanColours`. */
  readonly colours: Tensor;
  /** i32[B,K]: each patch's place among P as the model read them; absent when it read all in order. */
  readonly places?: Tensor | undefined;
}

/** `width` is that of the fused patches. */
export function mpp(at: Scope, c: { readonly width: number }) {
  const head = wordHead(at, { width: c.width, classes: 3 * 256, epsilon: 1e-12 });
  /** The hidden ones of the pictures' patches were not read; `specials` tokens stand in front of `patches`. */
  return at.layer(
    (
      { patches }: Pick<FusedState, "patches">,
      { chosen, colours, places }: MaskedPatches,
      specials: number,
    ): ObjectiveOutput => {
      const { B, N } = dims([patches, "B N D"], [chosen, "B P"], [colours, "B P 3"]);
      const read = (x: Tensor) => (places === undefined ? x : tokensAt(x, places));
      const weights = read(chosen.cast("f32").unsqueeze(2)).expand([B, N - specials, 3]);
      const labels = read(colours);
      const logits = head(patches.slice(1, specials, N)).reshape([B, N - specials, 3, 256]);
      return {
        loss: weightedMean(crossEntropy(logits, labels), weights),
        metrics: { accuracy: weightedAccuracy(logits, labels, weights) },
      };
    },
  );
}

/** Mean red, green and blue of every patch, rounded down: u8[B,Y,X,3] to i32[B,P,3] in [0, 255]. What is less than a patch at an edge is left out. */
export function meanColours(image: Tensor, patch: number): Tensor {
  const { Y, X } = dims([image, "B Y X 3"]);
  const [h, w] = [Math.floor(Y / patch), Math.floor(X / patch)];
  const whole = image
    .slice(1, 0, h * patch)
    .slice(2, 0, w * patch)
    .cast("f32");
  const sums = rearrange(whole, "B (h p) (w q) C -> B (h w) (p q) C", { p: patch, q: patch }).sum(2);
  // Sums are whole, so half of one keeps a mean that is whole from being rounded below itself.
  return sums
    .add(0.5)
    .mul(1 / patch ** 2)
    .cast("i32");
}
