/**
 * Is a meme, a picture with its text, hateful? (Hateful Memes: Kiela et al. 2020, arXiv:2005.04790.) Its benchmark ranks
 * by the area under the ROC curve, which evaluation gives beside the accuracy. Selection: accuracy on the validation
 * split.
 */
import type { DualModel, FusionModel } from "../models/contracts.ts";
import type { Scope } from "../nn/scope.ts";
import type { Judging } from "./judged-batch.ts";
import { judgedPicture } from "./judged-picture.ts";
import type { Primary, Sizes } from "./task.ts";

/** Memes of the data set. */
export const memesJudging: Judging = {
  task: "memes",
  form: "memes",
  verdicts: ["not hateful", "hateful"],
  pictures: 1,
};

/** Share of memes judged right, in [0, 1]. */
export const memesPrimary: Primary = { metric: "accuracy", better: "higher" };

/** Declares the head; returns the verdicts and the loss of a batch. */
export function memes(at: Scope, model: DualModel | FusionModel, sizes: Sizes) {
  return { kind: "memes" as const, ...judgedPicture(at, model, memesJudging, sizes) };
}
