/**
 * Masked language modelling given the picture: cross entropy at the masked positions.
 * Devlin et al. 2019, arXiv:1810.04805, section 3.1.
 * Loss: mean over the masked positions of the batch.
 */
import { crossEntropy, weightedAccuracy, weightedMean } from "../graph/functions.ts";
import { dims } from "../graph/rearrange.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { FusedState } from "../models/contracts.ts";
import { wordHead } from "../nn/heads.ts";
import type { Scope } from "../nn/scope.ts";
import type { ObjectiveOutput } from "./objective.ts";

/** Where words were masked, M places in the whole batch: places nobody filled have weight 0. */
export interface MaskedWords {
  /** i32[M]: row of the flattened [C*T, F] words. */
  readonly positions: Tensor;
  /** i32[M]: the id that stood there. */
  readonly labels: Tensor;
  /** f32[M]: 1 or 0. */
  readonly weights: Tensor;
}

/** `width` is that of the fused words; the loss decodes only the M masked rows to `vocab` logits. */
export function mlm(at: Scope, c: { readonly width: number; readonly vocab: number }) {
  const head = wordHead(at, { width: c.width, classes: c.vocab, epsilon: 1e-12 });
  return {
    /** What each word would be guessed to be, f32[C,T,V]. */
    logits: ({ words }: Pick<FusedState, "words">): Tensor => head(words),
    loss: at.layer(({ words }: Pick<FusedState, "words">, masked: MaskedWords): ObjectiveOutput => {
      dims([masked.positions, "M"], [masked.labels, "M"], [masked.weights, "M"]);
      const logits = head(words.reshape([-1, c.width]).gather(masked.positions)); // [M, V]
      return {
        loss: weightedMean(crossEntropy(logits, masked.labels), masked.weights),
        metrics: { accuracy: weightedAccuracy(logits, masked.labels, masked.weights) },
      };
    }),
  };
}
