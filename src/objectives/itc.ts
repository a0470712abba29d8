/**
 * Image-text contrast: among the texts of the batch find the picture's, among the pictures the text's.
 * Radford et al. 2021 (CLIP), arXiv:2103.00020, figure 3.
 * Loss: mean over the batch and both directions; a rank counts its own pictures and texts, among those of all ranks.
 */
import { crossEntropy, unitNorm } from "../graph/functions.ts";
import { dims } from "../graph/rearrange.ts";
import { ownRows } from "../graph/share.ts";
import { iota, type Tensor } from "../graph/tensor.ts";
import type { ImageState, TextState } from "../models/contracts.ts";
import { commonSpace } from "../nn/common-space.ts";
import type { Scope } from "../nn/scope.ts";
import type { ObjectiveOutput } from "./objective.ts";

/** Compares B pictures with B texts of all ranks, of which row i belongs to row i. */
export interface Contrast {
  /** Unit vectors f32[B,E] of pictures and of texts. */
  image(state: Pick<ImageState, "pooled">): Tensor;
  text(state: Pick<TextState, "pooled">): Tensor;
  /** Similarities of all pairs times the learned temperature: f32[B,B], row = picture. */
  similarities(image: Tensor, text: Tensor): Tensor;
  loss(similarities: Tensor): ObjectiveOutput;
}

/**
 * `image` and `text` are the towers' widths, `width` is E; the learned temperature starts at 0.07, as in the paper,
 * section 2.5.
 */
export function itc(
  at: Scope,
  c: { readonly image: number; readonly text: number; readonly width: number },
): Contrast {
  const space = commonSpace(at, { ...c, bias: false });

  return {
    image: at.layer(({ pooled }) => unitNorm(space.image(pooled))),
    text: at.layer(({ pooled }) => unitNorm(space.text(pooled))),
    // The scale is held below 100 as in the paper, section 2.5.
    similarities: at.layer((image, text) =>
      space.similarities(image, text, space.scale.minimum(Math.log(100))),
    ),
    loss: at.layer((similarities) => {
      const { B } = dims([similarities, "B B"]);
      const pairs = ownRows(iota(B));
      const pictures = ownRows(similarities);
      const toText = crossEntropy(pictures, pairs).mean(0);
      const toImage = crossEntropy(ownRows(similarities.transpose([1, 0])), pairs).mean(0);
      const accuracy = pictures.argmax().equal(pairs).cast("f32").mean(0);
      return { loss: toText.add(toImage).mul(0.5), metrics: { accuracy } };
    }),
  };
}
