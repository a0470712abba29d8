import assert from "node:assert/strict";
import { test } from "node:test";
import { type InterModalityFlow, interModalityFlow } from "./inter-modality-flow.ts";

function near({ toWords, toPatches, total }: InterModalityFlow, words: number, patches: number): void {
  for (const [got, expected] of [
    [toWords, words],
    [toPatches, patches],
    [total, words + patches],
  ] as const)
    assert.ok(Math.abs(got - expected) < 1e-12, `expected ${expected}, got ${got}`);
}

/** Rows of `n` equal shares, half of each mixed with the token itself. */
const even = (n: number) => Array.from({ length: n * n }, (_, i) => 0.5 / n + (i % (n + 1) === 0 ? 0.5 : 0));

void test("tokens made of themselves alone: nothing flows", () => {
  near(interModalityFlow([1, 0, 0, 1], { words: 1, patches: 1 }), 0, 0);
});

void test("even attention: half of a token's state, by the other modality's share of the tokens", () => {
  // Each of 2 words takes 1/2 * 3/5 from patches, each of 3 patches 1/2 * 2/5 from words; 5 tokens count equally.
  near(interModalityFlow(even(5), { words: 2, patches: 3 }), (2 * 0.3) / 5, (3 * 0.2) / 5);
});

void test("a token of neither takes its share and gives to neither side", () => {
  // Three tokens of which the last is a class token: the word takes 0.5 / 3 of the patch, and the patch of the word.
  near(interModalityFlow(even(3), { words: 1, patches: 1 }), 0.5 / 3 / 2, 0.5 / 3 / 2);
});

void test("padding neither counts nor gives", () => {
  // Word 1 is padding; nobody attends to it.
  const rolled = [0.6, 0, 0.4, 0.2, 0.5, 0.3, 0.1, 0, 0.9];
  near(interModalityFlow(rolled, { words: 2, patches: 1, keep: [1, 0, 1] }), 0.2, 0.05);
});

void test("sizes that do not fit are refused", () => {
  assert.throws(
    () => interModalityFlow(even(4), { words: 2, patches: 3 }),
    /expected a square of 5 rows or more, got 16/,
  );
  assert.throws(() => interModalityFlow(even(5).slice(1), { words: 2, patches: 2 }), /got 24 numbers/);
  assert.throws(() => interModalityFlow([1], { words: 1, patches: 0, keep: [0] }), /padding only/);
});
