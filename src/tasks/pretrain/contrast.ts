import { gathered } from "../../graph/share.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { DualModel, ImageState, TextState } from "../../models/contracts.ts";
import type { Scope } from "../../nn/scope.ts";
import { type Contrast, itc } from "../../objectives/itc.ts";
import type { ObjectiveOutput } from "../../objectives/objective.ts";

/** Contrast of a model's summaries; `similarities`, of the rows of all ranks, are what hard negatives are drawn by. */
export interface ModelContrast {
  readonly contrast: Contrast;
  loss(image: ImageState, text: TextState): ObjectiveOutput & { readonly similarities: Tensor };
}

/**
 * Paths below `at`: itc, and jointItc for a model with further summaries, whose loss is then the mean of both (VLMo, Bao
 * et al. 2022, arXiv:2111.02358, as its code has it).
 */
export function modelContrast(at: Scope, model: DualModel, width: number): ModelContrast {
  const contrast = itc(at.in("itc"), { ...model.widths, width });
  const { joint } = model;
  const jointContrast = joint && itc(at.in("jointItc"), { ...model.widths, width });
  return {
    contrast,
    loss: (image, text) => {
      const similarities = compare(contrast, image.pooled, text.pooled);
      const plain = contrast.loss(similarities);
      if (joint === undefined || jointContrast === undefined) return { ...plain, similarities };
      const further = jointContrast.loss(compare(jointContrast, joint.image(image), joint.text(text)));
      return { ...plain, loss: plain.loss.add(further.loss).mul(0.5), similarities };
    },
  };
}

function compare(contrast: Contrast, image: Tensor, text: Tensor): Tensor {
  const [pictures, texts] = [{ pooled: gathered(image) }, { pooled: gathered(text) }];
  return contrast.similarities(contrast.image(pictures), contrast.text(texts));
}
