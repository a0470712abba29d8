/**
 * Language modelling given the picture: each token of a text from those before it and what a decoder attends to.
 * Captions (Vinyals et al. 2015, arXiv:1411.4555, section 3), or hidden spans behind their sentinels (Raffel et al. 2020,
 * T5, arXiv:1910.10683, section 3.1.4; with a picture Dou et al. 2022, METER, arXiv:2111.02387, section 3).
 * Loss: mean over the tokens of the batch, the end of each text among them.
 */
import { crossEntropy, weightedAccuracy, weightedMean } from "../graph/functions.ts";
import { dims } from "../graph/rearrange.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { ObjectiveOutput } from "./objective.ts";

/** What was to be written: places behind the end of a text have weight 0. */
export interface WrittenText {
  /** i32[C,U] */
  readonly labels: Tensor;
  /** f32[C,U]: 1 or 0. */
  readonly weights: Tensor;
}

/** `logits` f32[C,U,V] are a decoder's; there is no head of its own. */
export function lm(logits: Tensor, { labels, weights }: WrittenText): ObjectiveOutput {
  dims([logits, "C U V"], [labels, "C U"], [weights, "C U"]);
  return {
    loss: weightedMean(crossEntropy(logits, labels), weights),
    metrics: { accuracy: weightedAccuracy(logits, labels, weights) },
  };
}
