import assert from "node:assert/strict";
import { test } from "node:test";
import type { Arrays } from "../backends/backend.ts";
import { evaluateExactly } from "../backends/reference/finite-differences.ts";
import {
  binaryCrossEntropy,
  crossEntropy,
  dropout,
  identity,
  multinomial,
  unitNorm,
  weightedAccuracy,
  weightedMean,
} from "./functions.ts";
import { graphOf } from "./graph.ts";
import { apply, constant, type Tensor } from "./tensor.ts";
import { type Mode, traced } from "./trace.ts";

const row = (...values: number[]) => constant("f32", [values.length], values);

async function numbers(build: () => Tensor, leaves: Arrays = {}, mode: Mode = "eval"): Promise<number[]> {
  const key = apply("input", { name: "key", type: { dtype: "i32", shape: [1] } });
  const graph = traced({ mode, key, isFrozen: () => false }, () => graphOf({ y: build() }));
  const fed = Object.fromEntries(Object.keys(graph.inputs).map((name) => [name, leaves[name]!]));
  return [...(await evaluateExactly(graph, fed)).y!];
}

function assertNear(got: readonly number[], expected: readonly number[], within = 1e-6): void {
  assert.equal(got.length, expected.length);
  for (const [i, value] of expected.entries())
    assert.ok(Math.abs(got[i]! - value) < within, `[${i}]: expected ${value}, got ${got[i]}`);
}

test("dropout zeroes its share and scales the rest, by key and by site", async () => {
  const [rows, columns, rate] = [100, 200, 0.3];
  const ones = constant("f32", [rows, columns], new Float32Array(rows * columns).fill(1));
  const draw = (key: number, mode: Mode = "train") =>
    numbers(() => dropout(ones, rate), { key: Int32Array.of(key) }, mode);
  const values = await draw(7);
  const kept = values.filter((value) => value !== 0);
  assert.ok(kept.every((value) => Math.abs(value - 1 / (1 - rate)) < 1e-6));
  const deviation = Math.sqrt((rate * (1 - rate)) / values.length);
  assert.ok(Math.abs(kept.length / values.length - (1 - rate)) < 5 * deviation, `${kept.length} kept`);
  assert.deepEqual(await draw(7), values);
  assert.notDeepEqual(await draw(8), values);
  assert.ok((await draw(7, "eval")).every((value) => value === 1));
  const two = await numbers(
    () => dropout(ones, rate).sub(dropout(ones, rate)),
    { key: Int32Array.of(7) },
    "train",
  );
  assert.ok(two.some((value) => value !== 0));
});

test("multinomial draws with the probabilities of softmax; in eval mode it takes the likeliest", async () => {
  const n = 6000;
  const chances = [0.1, 0.6, 0.05, 0.25];
  const logits = constant("f32", [1, 4], chances.map(Math.log)).expand([n, 4]);
  const drawn = await numbers(() => multinomial(logits), { key: Int32Array.of(3) }, "train");
  for (const [value, chance] of chances.entries()) {
    const share = drawn.filter((d) => d === value).length / n;
    const deviation = Math.sqrt((chance * (1 - chance)) / n);
    assert.ok(Math.abs(share - chance) < 5 * deviation, `${value}: ${share} instead of ${chance}`);
  }
  assert.deepEqual(new Set(await numbers(() => multinomial(logits))), new Set([1]));
});

test("cross entropy in nats, also where exp would overflow", async () => {
  const logits = constant("f32", [3, 2], [0, 0, Math.log(3), 0, 2000, 1000]);
  const labels = constant("i32", [3], [1, 0, 1]);
  assertNear(await numbers(() => crossEntropy(logits, labels)), [Math.LN2, Math.log(4 / 3), 1000]);
});

test("a weighted mean of nothing is zero", async () => {
  assertNear(await numbers(() => weightedMean(row(2, 5, 100), row(1, 2, 0))), [4]);
  assertNear(await numbers(() => weightedMean(row(2, 5, 100), row(0, 0, 0))), [0]);
  const logits = constant("f32", [3, 2], [1, 0, 0, 1, 0, 1]);
  const labels = constant("i32", [3], [0, 1, 0]);
  assertNear(await numbers(() => weightedAccuracy(logits, labels, row(1, 1, 2))), [0.5]);
  assertNear(await numbers(() => weightedAccuracy(logits, labels, row(1, 1, 0))), [1]);
});

test("unit vectors have length 1; of nothing comes nothing, not NaN", async () => {
  const x = constant("f32", [3, 2], [3, 4, 0, 0, -1e-3, 0]);
  assertNear(await numbers(() => unitNorm(x)), [0.6, 0.8, 0, 0, -1, 0]);
});

test("binary cross entropy is exact and stable", async () => {
  const x = row(0, Math.log(3), Math.log(3), 1000, -1000);
  const y = row(0.5, 1, 0, 0, 1);
  const expected = [Math.LN2, Math.log(4 / 3), Math.log(4), 1000, 1000];
  assertNear(await numbers(() => binaryCrossEntropy(x, y)), expected);
});

test("identity", async () => {
  assert.deepEqual(await numbers(() => identity(3)), [1, 0, 0, 0, 1, 0, 0, 0, 1]);
});
