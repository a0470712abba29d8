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

void test("without a step nothing flows", () => {
  near(interModalityFlow([], { words: 2, patches: 3 }), 0, 0);
});

void test("one step of even attention: half of a token's state, by the other modality's share of the tokens", () => {
  // Each of 2 words takes 1/2 * 3/5 from patches, each of 3 patches 1/2 * 2/5 from words; 5 tokens count equally.
  near(interModalityFlow([even(5)], { words: 2, patches: 3 }), (2 * 0.3) / 5, (3 * 0.2) / 5);
});

void test("steps are rolled out: what words took of patches before, others take of words", () => {
  // One word, one patch. First the word takes a quarter of the patch, then the patch three quarters of the word.
  const first = [0.75, 0.25, 0, 1];
  const second = [1, 0, 0.75, 0.25];
  // The word: 3/4 itself, 1/4 patch. The patch: 3/4 of that word + 1/4 itself = 9/16 word, 7/16 patch.
  near(interModalityFlow([first, second], { words: 1, patches: 1 }), 1 / 8, 9 / 32);
  near(interModalityFlow([second, first], { words: 1, patches: 1 }), 1 / 32, 3 / 8);
});

void test("padding neither counts nor gives", () => {
  // Word 1 is padding; nobody attends to it.
  const step = [0.6, 0, 0.4, 0.2, 0.5, 0.3, 0.1, 0, 0.9];
  near(interModalityFlow([step], { words: 2, patches: 1, keep: [1, 0, 1] }), 0.2, 0.05);
});

void test("sizes that do not fit are refused", () => {
  assert.throws(
    () => interModalityFlow([even(4)], { words: 2, patches: 3 }),
    /step 0: expected 5 x 5 numbers, got 16/,
  );
  assert.throws(() => interModalityFlow([], { words: 1, patches: 0, keep: [0] }), /padding only/);
});
