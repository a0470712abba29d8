import { countPairs, type Paired } from "./paired.ts";

/** Fraction, in [0, 1], of predictions that are the truth to the letter. @throws BifocalError when there are none. */
export function accuracy(paired: Paired<string>): number {
  const n = countPairs("accuracy", paired);
  return paired.predictions.filter((prediction, i) => prediction === paired.truths[i]).length / n;
}
