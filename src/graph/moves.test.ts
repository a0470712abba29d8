import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluate } from "../backends/backend.ts";
import { referenceBackend } from "../backends/reference/index.ts";
import { fromWindows, permutation, roll, windows } from "./functions.ts";
import { graphOf } from "./graph.ts";
import { apply, constant, type Tensor } from "./tensor.ts";
import { traced } from "./trace.ts";

const count = (n: number) => Float32Array.from({ length: n }, (_, i) => i);

async function valuesOf(y: Tensor, leaves = {}): Promise<number[]> {
  return Array.from((await evaluate(referenceBackend, graphOf({ y }), leaves)).y!);
}

test("roll moves what leaves at the end to the front, and back", async () => {
  const x = constant("f32", [2, 5], count(10));
  assert.deepEqual(await valuesOf(roll(x, 1, 2)), [3, 4, 0, 1, 2, 8, 9, 5, 6, 7]);
  assert.deepEqual(await valuesOf(roll(x, 0, -1)), [5, 6, 7, 8, 9, 0, 1, 2, 3, 4]);
  assert.deepEqual(await valuesOf(roll(roll(x, 1, 2), 1, -2)), [...count(10)]);
  assert.equal(roll(x, 1, 10), x);
});

test("windows cut squares row by row, and fromWindows puts them back", async () => {
  const x = constant("f32", [1, 4, 6, 1], count(24));
  const cut = windows(x, 2);
  assert.deepEqual(cut.shape, [6, 4, 1]);
  assert.deepEqual((await valuesOf(cut)).slice(0, 8), [0, 1, 6, 7, 2, 3, 8, 9]);
  assert.deepEqual(await valuesOf(fromWindows(cut, 2, 4, 6)), [...count(24)]);
});

test("a permutation holds every index once, follows its key, and is the order itself in eval mode", async () => {
  const n = 50;
  const key = apply("input", { name: "key", type: { dtype: "i32", shape: [1] } });
  const isFrozen = () => false;
  const drawn = traced({ mode: "train", key, isFrozen }, () => permutation(n));
  const of = (value: number) => valuesOf(drawn, { key: Int32Array.of(value) });
  const [first, again, other] = [await of(1), await of(1), await of(2)];
  const inOrder = [...count(n)];
  assert.deepEqual(
    [...first].sort((a, b) => a - b),
    inOrder,
  );
  assert.notDeepEqual(first, inOrder);
  assert.deepEqual(first, again);
  assert.notDeepEqual(first, other);
  const still = traced({ mode: "eval", key: undefined, isFrozen }, () => permutation(n));
  assert.deepEqual(await valuesOf(still), inOrder);
});
