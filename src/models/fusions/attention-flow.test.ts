/** Steps by hand: one pair of two words and one patch, or one of each. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly } from "../../backends/reference/finite-differences.ts";
import { graphOf } from "../../graph/graph.ts";
import { constant, type Tensor } from "../../graph/tensor.ts";
import { crossFlow, halfKept, pairFlow, rollOut, selfFlow } from "./attention-flow.ts";

async function near(step: Tensor, ...rows: readonly (readonly number[])[]): Promise<void> {
  const { got } = await evaluateExactly(graphOf({ got: step }), {});
  const expected = rows.flat();
  assert.equal(got!.length, expected.length);
  for (const [i, value] of expected.entries())
    assert.ok(Math.abs(got![i]! - value) < 1e-7, `at ${i}: expected ${value}, got ${got![i]}`);
}

const of = (shape: readonly number[], ...values: number[]) =>
  constant("f32", shape, Float32Array.from(values));

void test("weights are averaged over heads, half of a token stays itself", () =>
  // Heads [0.2 0.8 | 1 0] and [0.6 0.4 | 0 1]: mean [0.4 0.6 | 0.5 0.5].
  near(selfFlow(of([1, 2, 2, 2], 0.2, 0.8, 1, 0, 0.6, 0.4, 0, 1)), [0.7, 0.3], [0.25, 0.75]));

void test("streams that keep to themselves do not mix", () =>
  near(
    pairFlow(of([1, 2, 2], 0.7, 0.3, 0.25, 0.75), of([1, 1, 1], 1)),
    [0.7, 0.3, 0],
    [0.25, 0.75, 0],
    [0, 0, 1],
  ));

const [words, patches] = [of([1, 1, 2, 1], 1, 1), of([1, 1, 1, 2], 0.9, 0.1)];

void test("streams that read each other keep half of themselves", () =>
  near(crossFlow(words, patches), [0.5, 0, 0.5], [0, 0.5, 0.5], [0.45, 0.05, 0.5]));

void test("where each stream attended to itself first, the other is still read as it was before", () => {
  const own = { words: of([1, 2, 2], 0.7, 0.3, 0.25, 0.75), patches: of([1, 1, 1], 1) };
  return near(crossFlow(words, patches, own), [0.35, 0.15, 0.5], [0.125, 0.375, 0.5], [0.45, 0.05, 0.5]);
});

void test("steps are rolled out: what words took of patches before, others take of words", async () => {
  // First the word takes a quarter of the patch, then the patch three quarters of the word.
  const first = of([1, 2, 2], 0.75, 0.25, 0, 1);
  const second = of([1, 2, 2], 1, 0, 0.75, 0.25);
  await near(rollOut([first]), [0.75, 0.25], [0, 1]);
  // The patch: 3/4 of that word + 1/4 itself = 9/16 word, 7/16 patch.
  await near(rollOut([first, second]), [0.75, 0.25], [9 / 16, 7 / 16]);
  await near(rollOut([second, first]), [15 / 16, 1 / 16], [0.75, 0.25]);
});

void test("what a row lacks is new: a bridge halves what came before", async () => {
  const first = of([1, 2, 2], 0.75, 0.25, 0, 1);
  const bridge = halfKept(of([1, 1, 3], 0, 0, 0), of([1, 1, 3], 0, 0, 0));
  await near(bridge, [0.5, 0], [0, 0.5]);
  // Half of the quarter that the word took is left, the rest of the half is the word's tower again.
  await near(rollOut([first, bridge]), [0.875, 0.125], [0, 1]);
});
