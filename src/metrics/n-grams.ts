import { splitWords } from "./python-text.ts";

/** Counts of the runs of 1 to `longest` words of a tokenized caption; item k - 1 has those of k words, joined by spaces. */
export function countNGrams(caption: string, longest: number): Map<string, number>[] {
  const words = splitWords(caption);
  return Array.from({ length: longest }, (_, shorter) => {
    const counts = new Map<string, number>();
    for (let start = 0; start + shorter < words.length; start++) {
      const run = words.slice(start, start + shorter + 1).join(" ");
      counts.set(run, (counts.get(run) ?? 0) + 1);
    }
    return counts;
  });
}

/** How many runs there are, repetitions counted. */
export function total(counts: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
}
