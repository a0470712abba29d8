import assert from "node:assert/strict";
import { test } from "node:test";
import { rng } from "../core/rng.ts";
import { bestOf } from "./best-of.ts";

test("the best are those of a stable sort, whatever their number", () => {
  const draw = rng("best", 1);
  const scores = Array.from({ length: 97 }, () => draw.integer(20));
  const sorted = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]!);
  for (const k of [1, 2, 13, 96, 97, 200]) {
    assert.deepEqual(
      bestOf(k, scores.length, (i) => scores[i]!),
      sorted.slice(0, k),
    );
  }
});

test("what is not a number comes last", () => {
  const scores = [Number.NaN, -3, Number.NaN, 4];
  assert.deepEqual(
    bestOf(3, 4, (i) => scores[i]!),
    [3, 1, 0],
  );
});
