import { countPairs, type Paired } from "./paired.ts";

/**
 * Matthews' correlation of labels, two or more of them, in [-1, 1] (Matthews 1975; for more than two labels Gorodkin
 * 2004, Comput. Biol. Chem. 28, 367-374). 0 where all predictions or all truths are one label.
 * @throws BifocalError when there are no examples.
 */
export function matthews(paired: Paired<string>): number {
  const n = countPairs("Matthews correlation", paired);
  const { predictions, truths } = paired;
  const predicted = new Map<string, number>();
  const actual = new Map<string, number>();
  let right = 0;
  for (const [i, truth] of truths.entries()) {
    const prediction = predictions[i]!;
    predicted.set(prediction, (predicted.get(prediction) ?? 0) + 1);
    actual.set(truth, (actual.get(truth) ?? 0) + 1);
    if (truth === prediction) right++;
  }
  let both = 0;
  for (const [label, count] of actual) both += count * (predicted.get(label) ?? 0);
  const spread = (counts: ReadonlyMap<string, number>): number =>
    n ** 2 - [...counts.values()].reduce((sum, count) => sum + count ** 2, 0);
  const scale = Math.sqrt(spread(predicted)) * Math.sqrt(spread(actual));
  return scale === 0 ? 0 : (right * n - both) / scale;
}
