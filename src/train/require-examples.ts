import { fail } from "../core/errors.ts";

/** Training and validation cannot do with nothing to draw from. @throws BifocalError naming the empty split. */
export function requireExamples(splits: Readonly<Record<string, number>>, dataset: string): void {
  for (const split of ["train", "val"]) {
    if ((splits[split] ?? 0) > 0) continue;
    fail("data", `${dataset}, split ${split}`, {
      expected: "at least one example",
      got: splits[split] === undefined ? "no such split" : "an empty split",
      todo: "check that the data set is complete",
    });
  }
}
