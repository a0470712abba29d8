import { countPairs, type Paired } from "./paired.ts";

/** Fractions in [0, 1]. */
export interface F1 {
  /** Every label that is predicted or true, sorted; 0 where a label is never predicted rightly. */
  readonly perLabel: Readonly<Record<string, number>>;
  /** The mean over labels, rare ones counting like frequent ones. */
  readonly macro: number;
}

/** Harmonic mean of precision and recall, label by label. @throws BifocalError when there are no examples. */
export function f1(paired: Paired<string>): F1 {
  countPairs("F1", paired);
  const { predictions, truths } = paired;
  const labels = [...new Set([...truths, ...predictions])].sort();
  const predicted = tally(predictions);
  const actual = tally(truths);
  const right = tally(truths.filter((truth, i) => truth === predictions[i]));
  const marks = labels.map((label): [string, number] => [
    label,
    (2 * (right.get(label) ?? 0)) / ((predicted.get(label) ?? 0) + (actual.get(label) ?? 0)),
  ]);
  return {
    perLabel: Object.fromEntries(marks),
    macro: marks.reduce((sum, [, mark]) => sum + mark, 0) / marks.length,
  };
}

function tally(labels: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}
