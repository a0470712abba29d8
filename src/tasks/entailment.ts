/**
 * Does a picture entail a hypothesis, contradict it, or neither? (SNLI-VE: Xie et al. 2019, arXiv:1901.06706.) The head
 * is that of question answering, as in METER (Dou et al. 2022, arXiv:2111.02387). Selection: accuracy on the
 * validation split.
 */
import type { Tensor } from "../graph/tensor.ts";
import type { DualModel, FusionModel } from "../models/contracts.ts";
import { needFusion } from "../models/index.ts";
import { pixels } from "../nn/pixels.ts";
import type { Scope } from "../nn/scope.ts";
import { classify } from "../objectives/classify.ts";
import type { Judging } from "./judged-batch.ts";
import type { Primary } from "./task.ts";

/** Hypotheses of the data set. */
export const entailmentJudging: Judging = {
  form: "hypotheses",
  verdicts: ["contradiction", "neutral", "entailment"],
  pictures: 1,
};

/** Share of hypotheses judged right, in [0, 1]. */
export const entailmentPrimary: Primary = { metric: "accuracy", better: "higher" };

/** Declares the head; returns the verdicts and the loss of a batch. */
export function entailment(at: Scope, anyModel: DualModel | FusionModel) {
  const model = needFusion(anyModel, "task entailment");
  const { words, pooled } = model.fusedWidths;
  const head = classify(at.in("verdict"), {
    width: pooled,
    hidden: 2 * words,
    classes: entailmentJudging.verdicts.length,
  });

  /** Hypotheses i32[B,T] about pictures u8[B,S,S,3]: f32[B,3]. */
  const judge = (batch: Readonly<Record<string, Tensor>>): Tensor => {
    const image = model.encodeImage({ pixels: pixels(batch.image!, model.colours) });
    const text = model.encodeText({ ids: batch.ids!, keep: batch.keep! });
    return head.logits(model.fuse(image, text));
  };
  return {
    kind: "entailment" as const,
    model,
    logits: head.logits,
    judge,
    loss: (batch: Readonly<Record<string, Tensor>>) => head.loss(judge(batch), batch.verdicts!),
  };
}
