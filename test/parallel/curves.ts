import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What a run recorded, step by step. */
export function linesOf(run: string): Record<string, number>[] {
  return readFileSync(join(run, "metrics.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, number>);
}

const watched = (name: string) => /loss|accuracy|gradientNorm/.test(name);

/** Compares the recorded steps of two runs, within a share of the expected values. */
export function assertSameCurve(got: string, expected: string, within: number): void {
  const [a, b] = [linesOf(got), linesOf(expected)];
  assert.deepEqual(
    a.map(({ step }) => step),
    b.map(({ step }) => step),
  );
  b.forEach((line, i) => {
    for (const [name, value] of Object.entries(line).filter(([key]) => watched(key))) {
      const off = Math.abs(a[i]![name]! - value);
      assert.ok(off <= within * Math.abs(value), `step ${line.step}, ${name}: ${a[i]![name]} for ${value}`);
    }
  });
}
