import type { Tensor } from "../../graph/tensor.ts";
import type { DualModel, ImageState, TextState } from "../../models/contracts.ts";
import type { Scope } from "../../nn/scope.ts";
import { type Contrast, itc } from "../../objectives/itc.ts";
import type { ObjectiveOutput } from "../../objectives/objective.ts";

/** Contrast of a model's summaries; `similarities` are what hard negatives are drawn by. */
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
      const similarities = contrast.similarities(contrast.image(image), contrast.text(text));
      const plain = contrast.loss(similarities);
      if (joint === undefined || jointContrast === undefined) return { ...plain, similarities };
      const [picture, sentence] = [{ pooled: joint.image(image) }, { pooled: joint.text(text) }];
      const further = jointContrast.loss(
        jointContrast.similarities(jointContrast.image(picture), jointContrast.text(sentence)),
      );
      return { ...plain, loss: plain.loss.add(further.loss).mul(0.5), similarities };
    },
  };
}
