import { fail } from "../core/index.ts";
import { countPairs, type Paired } from "./paired.ts";
import { averageRanks } from "./ranks.ts";

/**
 * Linear correlation of numbers, in [-1, 1].
 * @throws BifocalError for fewer than two examples, for what is not finite, and where one side does not vary.
 */
export function pearson(paired: Paired<number>): number {
  return correlate("Pearson correlation", paired);
}

/** Pearson's correlation of the ranks, ties sharing their mean rank. @throws BifocalError as pearson does. */
export function spearman(paired: Paired<number>): number {
  const where = "Spearman correlation";
  check(where, paired);
  return correlate(where, {
    predictions: averageRanks(paired.predictions),
    truths: averageRanks(paired.truths),
  });
}

function correlate(where: string, paired: Paired<number>): number {
  check(where, paired);
  const x = centred(paired.predictions);
  const y = centred(paired.truths);
  const dot = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  return Math.max(-1, Math.min(1, dot(x, y) / (Math.sqrt(dot(x, x)) * Math.sqrt(dot(y, y)))));
}

function check(where: string, paired: Paired<number>): void {
  countPairs(where, paired, 2);
  for (const name of ["predictions", "truths"] as const) {
    const values = paired[name];
    const odd = values.findIndex((value) => !Number.isFinite(value));
    if (odd !== -1) fail("data", where, { expected: `finite ${name}`, got: `${values[odd]} at ${odd}` });
    if (values.every((value) => value === values[0])) {
      fail("data", where, { expected: `${name} that vary`, got: `${values[0]} throughout` });
    }
  }
}

function centred(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value - mean);
}
