/**
 * Masked image modelling by codes: which entry of an image tokenizer's codebook stood at a hidden place?
 * Bao et al. 2022 (BEiT), arXiv:2106.08254, section 2.3; with words beside the patches Dou et al. 2022 (METER),
 * arXiv:2111.02387, section 3.2, who found that it does not help; their code has not got it.
 * Loss: mean over the hidden patches.
 */
import { crossEntropy, weightedAccuracy, weightedMean } from "../graph/functions.ts";
import { dims } from "../graph/rearrange.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { FusedState } from "../models/contracts.ts";
import { linear } from "../nn/linear.ts";
import type { Scope } from "../nn/scope.ts";
import { type HiddenPatches, hiddenStates } from "./hidden-patches.ts";
import type { ObjectiveOutput } from "./objective.ts";

/** `width` is that of the fused patches, `codes` the size of the codebook: 8192 in BEiT. The head is one linear layer. */
export function mimCodes(at: Scope, c: { readonly width: number; readonly codes: number }) {
  const head = linear(at.in("head"), { from: c.width, to: c.codes });
  /** `labels` i32[M] are the hidden patches' codes; `specials` tokens stand in front of `patches`. */
  return at.layer(
    (
      { patches }: Pick<FusedState, "patches">,
      hidden: HiddenPatches,
      labels: Tensor,
      specials: number,
    ): ObjectiveOutput => {
      dims([hidden.positions, "M"], [labels, "M"]);
      const logits = head(hiddenStates(patches, hidden, specials)); // [M, codes]
      return {
        loss: weightedMean(crossEntropy(logits, labels), hidden.weights),
        metrics: { accuracy: weightedAccuracy(logits, labels, hidden.weights) },
      };
    },
  );
}
