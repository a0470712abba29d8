/**
 * Classification of a picture-text pair: softmax cross entropy over a closed set of answers, or binary cross entropy where
 * several answers are more or less right. Head as in ViLT (Kim et al. 2021, arXiv:2102.03334, section 4.3). Loss: mean
 * over the pairs; of weighed answers the sum over all answers, as ViLT's code has it.
 */
import { binaryCrossEntropy, crossEntropy } from "../graph/functions.ts";
import { dims } from "../graph/rearrange.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { FusedState } from "../models/contracts.ts";
import { classifierHead } from "../nn/heads.ts";
import type { Scope } from "../nn/scope.ts";
import type { ObjectiveOutput } from "./objective.ts";

/** The classes of C pairs; class i is answer i of the data set. */
export interface Classification {
  /** f32[C,classes] */
  logits(state: Pick<FusedState, "pooled">): Tensor;
  /** labels i32[C]. */
  loss(logits: Tensor, labels: Tensor): ObjectiveOutput;
  /** scores f32[C,classes] in [0, 1]; the accuracy is the mean score of the likeliest class. */
  weighedLoss(logits: Tensor, scores: Tensor): ObjectiveOutput;
}

/** `width` is that of the fused summary, `hidden` that between the head's layers where it is not twice as much. */
export interface ClassifyConfig {
  readonly width: number;
  readonly classes: number;
  readonly hidden?: number | undefined;
}

/** Declares the head. */
export function classify(at: Scope, c: ClassifyConfig): Classification {
  const head = classifierHead(at, { ...c, epsilon: 1e-5 });
  return {
    logits: at.layer(({ pooled }) => head(pooled)),
    loss: at.layer((logits, labels) => {
      dims([logits, "C A"], [labels, "C"]);
      return {
        loss: crossEntropy(logits, labels).mean(0),
        metrics: { accuracy: logits.argmax().equal(labels).cast("f32").mean(0) },
      };
    }),
    weighedLoss: at.layer((logits, scores) => {
      dims([logits, "C A"], [scores, "C A"]);
      return {
        loss: binaryCrossEntropy(logits, scores).sum(1).mean(0),
        metrics: { accuracy: scores.pick(logits.argmax()).mean(0) },
      };
    }),
  };
}
