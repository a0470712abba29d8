import assert from "node:assert/strict";
import { test } from "node:test";
import { rng } from "../core/rng.ts";
import { corruptSpans, spanCounts } from "./span-corruption.ts";

const sentinel = (span: number) => 99 - span;
const tokens = (n: number) => Array.from({ length: n }, (_, i) => 10 + i);

/** The text again: every sentinel's span in its place. */
function restored(seen: readonly number[], hidden: readonly number[]): number[] {
  return seen.flatMap((id) => {
    if (id < 90) return [id];
    const from = hidden.indexOf(id) + 1;
    const to = hidden.findIndex((other, i) => i >= from && other >= 90);
    return hidden.slice(from, to < 0 ? undefined : to);
  });
}

void test("what is seen and what is hidden make the text, spans never touch", () => {
  for (const [n, rate, length] of [
    [20, 0.15, 3],
    [33, 0.5, 2],
    [7, 0.9, 1],
    [2, 0.15, 3],
    [1, 0.5, 1],
  ] as const) {
    const { hidden: count, spans } = spanCounts(n, { rate, length });
    const places = new Set<string>();
    for (let key = 0; key < 60; key++) {
      const { seen, hidden } = corruptSpans(tokens(n), { rate, length }, sentinel, rng("spans", key));
      assert.deepEqual(restored(seen, hidden), tokens(n));
      const marks = (ids: readonly number[]) => ids.filter((id) => id >= 90);
      assert.deepEqual(
        marks(seen),
        Array.from({ length: spans }, (_, i) => sentinel(i)),
      );
      assert.deepEqual(marks(hidden), marks(seen));
      assert.equal(hidden.length, count + spans);
      assert.ok(seen.every((id, i) => id < 90 || !(seen[i + 1]! >= 90)));
      places.add(seen.join());
    }
    assert.ok(n < 20 || places.size > 5);
  }
});

void test("counts are those of T5: a share of the tokens in spans of a mean length, one at least", () => {
  assert.deepEqual(spanCounts(100, { rate: 0.15, length: 3 }), { hidden: 15, spans: 5 });
  assert.deepEqual(spanCounts(20, { rate: 0.15, length: 3 }), { hidden: 3, spans: 1 });
  assert.deepEqual(spanCounts(4, { rate: 0.01, length: 3 }), { hidden: 1, spans: 1 });
  assert.deepEqual(spanCounts(9, { rate: 1, length: 1 }), { hidden: 8, spans: 2 });
  assert.deepEqual(spanCounts(0, { rate: 0.5, length: 1 }), { hidden: 0, spans: 0 });
  assert.deepEqual(corruptSpans([], { rate: 0.5, length: 1 }, sentinel, rng(1)), { seen: [], hidden: [] });
});

void test("every token is hidden about equally often, the first and the last too", () => {
  const n = 6;
  const times = new Array<number>(n).fill(0);
  for (let key = 0; key < 3000; key++) {
    const { hidden } = corruptSpans(tokens(n), { rate: 0.17, length: 1 }, sentinel, rng("even", key));
    for (const id of hidden) if (id < 90) times[id - 10]!++;
  }
  for (const count of times) assert.ok(Math.abs(count - 500) < 80, times.join());
});
