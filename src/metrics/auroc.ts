import { fail } from "../core/index.ts";
import { countPairs } from "./paired.ts";
import { averageRanks } from "./ranks.ts";

/**
 * Area under the ROC curve, in [0, 1]: the chance that a positive example scores above a negative one, half of it where
 * they score alike (Hanley & McNeil 1982).
 * @throws BifocalError when a score is not a number or one of the two kinds is missing.
 */
export function auroc({
  scores,
  positive,
}: {
  readonly scores: readonly number[];
  readonly positive: readonly boolean[];
}): number {
  const n = countPairs("AUROC", { predictions: scores, truths: positive });
  const odd = scores.findIndex(Number.isNaN);
  const positives = positive.filter(Boolean).length;
  if (odd !== -1) fail("data", "AUROC", { expected: "scores that are numbers", got: `NaN at ${odd}` });
  if (positives === 0 || positives === n) {
    fail("data", "AUROC", {
      expected: "positive and negative examples",
      got: `${positives} positive of ${n}`,
    });
  }
  const ranks = averageRanks(scores);
  const sum = ranks.reduce((before, rank, i) => before + (positive[i] ? rank : 0), 0);
  return (sum - (positives * (positives + 1)) / 2) / (positives * (n - positives));
}
