import { fail } from "../core/index.ts";

/** What was predicted beside what is true, one of each per example. */
export interface Paired<Value> {
  readonly predictions: readonly Value[];
  readonly truths: readonly Value[];
}

/** How many examples there are. @throws BifocalError when there are fewer than `least` or the two differ in number. */
export function countPairs(where: string, { predictions, truths }: Paired<unknown>, least = 1): number {
  if (predictions.length !== truths.length || truths.length < least) {
    fail("data", where, {
      expected: `as many predictions as truths, at least ${least}`,
      got: `${predictions.length} and ${truths.length}`,
    });
  }
  return truths.length;
}
