/**
 * Does a picture entail a hypothesis, contradict it, or neither? (SNLI-VE: Xie et al. 2019, arXiv:1901.06706.) The head
 * is that of question answering, as in METER (Dou et al. 2022, arXiv:2111.02387). Selection: accuracy on the
 * validation split.
 */
import type { DualModel, FusionModel } from "../models/contracts.ts";
import type { Scope } from "../nn/scope.ts";
import type { Judging } from "./judged-batch.ts";
import { judgedPicture } from "./judged-picture.ts";
import type { Primary, Sizes } from "./task.ts";

/** Hypotheses of the data set. */
export const entailmentJudging: Judging = {
  task: "entailment",
  form: "hypotheses",
  verdicts: ["contradiction", "neutral", "entailment"],
  pictures: 1,
};

/** Share of hypotheses judged right, in [0, 1]. */
export const entailmentPrimary: Primary = { metric: "accuracy", better: "higher" };

/** Declares the head; returns the verdicts and the loss of a batch. */
export function entailment(at: Scope, model: DualModel | FusionModel, sizes: Sizes) {
  return { kind: "entailment" as const, ...judgedPicture(at, model, entailmentJudging, sizes) };
}
