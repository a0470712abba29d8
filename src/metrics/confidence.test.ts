import assert from "node:assert/strict";
import { test } from "node:test";
import { BifocalError, rng } from "../core/index.ts";
import { bootstrapInterval, wilsonInterval } from "./confidence.ts";

const close = (actual: readonly number[], expected: readonly number[], tolerance: number) => {
  assert.equal(actual.length, expected.length);
  for (const [i, value] of actual.entries()) {
    assert.ok(Math.abs(value - expected[i]!) <= tolerance, `${actual} is not ${expected}`);
  }
};

test("Wilson intervals are those worked out by hand", () => {
  // z^2 = 3.841459. None of 10: the upper end is z^2 / (10 + z^2) = 3.841459 / 13.841459.
  close(wilsonInterval(0, 10), [0, 0.277533], 1e-6);
  close(wilsonInterval(10, 10), [1 - 0.277533, 1], 1e-6);
  // At one half the half-width is z / (2 sqrt(n + z^2)) = 1.959964 / (2 * 10.190263) = 0.0961685.
  close(wilsonInterval(50, 100), [0.4038315, 0.5961685], 1e-6);
  assert.deepEqual(wilsonInterval(0, 0), [0, 1]);
});

test("half a success or more successes than tries are refused", () => {
  for (const [successes, total] of [
    [0.5, 2],
    [3, 2],
    [-1, 2],
  ] as const) {
    assert.throws(() => wilsonInterval(successes, total), BifocalError);
  }
});

test("bootstrap means of two values are 0, 1/2 and 1 with chances 1/4, 1/2, 1/4", () => {
  assert.deepEqual(bootstrapInterval([0, 1], 5), [0, 1]);
  assert.deepEqual(bootstrapInterval([0.25, 0.25, 0.25], 5), [0.25, 0.25]);
});

test("bootstrap agrees with the normal approximation on many values and depends on the seed alone", () => {
  const random = rng("values");
  const values = Array.from({ length: 1500 }, () => 3 + 2 * random.normal());
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const half = (1.96 * 2) / Math.sqrt(values.length); // 0.101
  close(bootstrapInterval(values, 1), [mean - half, mean + half], 0.015);
  assert.deepEqual(bootstrapInterval(values, 1), bootstrapInterval(values, 1));
  assert.notDeepEqual(bootstrapInterval(values, 1), bootstrapInterval(values, 2));
});

test("the mean of nothing and of not-a-number has no interval", () => {
  assert.throws(() => bootstrapInterval([], 1), BifocalError);
  assert.throws(() => bootstrapInterval([1, Number.NaN], 1), /NaN at 1/);
});
