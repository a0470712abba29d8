/**
 * Masked image modelling by pixels: paint the patches that the model did not read.
 * He et al. 2022 (MAE), arXiv:2111.06377, section 3; with words beside the patches Gui et al. 2022 (VLC),
 * arXiv:2205.09256.
 * Loss: squared error, each patch's pixels normalised by their own mean and deviation, mean over the removed patches. No
 * unit.
 */
import { weightedMean } from "../graph/functions.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { FusedState, Removal } from "../models/contracts.ts";
import { type PixelDecoderConfig, patchPixels, pixelDecoder } from "../models/mae.ts";
import type { Scope } from "../nn/scope.ts";
import type { ObjectiveOutput } from "./objective.ts";

/** The decoder's sizes; `from` is the width of the fused patches, of which the first is the class token. */
export function mimPixel(at: Scope, c: PixelDecoderConfig) {
  const paint = pixelDecoder(at, c);
  return {
    /** f32[B,P,patch * patch * 3]: the normalised pixels of all P patches, row by row, colours last. */
    paint: ({ patches }: Pick<FusedState, "patches">, { places }: Pick<Removal, "places">): Tensor =>
      paint(patches, places, c.grid),
    /** Of pictures f32[B,3,Y,X], fused with texts row by row. */
    loss: at.layer(
      (fused: Pick<FusedState, "patches">, removal: Removal, pixels: Tensor): ObjectiveOutput => {
        const off = paint(fused.patches, removal.places, c.grid).sub(patchPixels(pixels, c.patch, true));
        return { loss: weightedMean(off.mul(off).mean(2), removal.removed), metrics: {} };
      },
    ),
  };
}
