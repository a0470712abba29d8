/** Expected numbers are those of PyTorch and scipy: test/parity/make_resized_tables.py prints them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { resizedDistances, resizedPositions } from "./resize-tables.ts";
import type { Values } from "./rules.ts";

function waves(...shape: number[]): Values {
  const size = shape.reduce((a, b) => a * b);
  return { shape, data: Float32Array.from({ length: size }, (_, i) => Math.sin(1.7 * i)) };
}

function assertNear(got: ArrayLike<number>, expected: readonly number[]): void {
  assert.equal(got.length, expected.length);
  for (const [i, value] of expected.entries())
    assert.ok(Math.abs(got[i]! - value) < 2e-6, `[${i}]: expected ${value}, got ${got[i]}`);
}

test("positions: special rows stay, the grid of 2 rows and 3 columns becomes 3 rows and 2 columns", () => {
  const { shape, data } = waves(6, 2);
  const specials = [7, 8, 9, 10];
  const table = { shape: [2 + 6, 2], data: Float32Array.from([...specials, ...data]) };
  const step = resizedPositions(2, [2, 3], [3, 2], "bicubic");
  const [resized] = step.apply([table]);
  assert.deepEqual(resized!.shape, [8, 2]);
  assertNear(resized!.data, [
    ...specials,
    ...[-0.067029, 0.571758, 0.385547, 0.369067, -0.183451, 0.063799],
    ...[-0.089416, 0.175369, -0.299874, -0.44416, -0.564378, -0.018329],
  ]);
  const [bare] = resizedPositions(0, [2, 3], [2, 3], "smooth").apply([{ shape, data }]);
  assertNear(bare!.data, [...data]);
});

test("distances follow the geometric progression; the class token's stay", () => {
  // A ratio of 1.5 is the largest, so distance 4 lies beyond the last knot and gets its value: two equal columns.
  const [up] = resizedDistances(3, [3, 3], [5, 5]).apply([withClass(waves(25, 2))]);
  assert.deepEqual(up!.shape, [9 * 9 + 3, 2]);
  assertNear(up!.data.subarray(4 * 9 * 2, 5 * 9 * 2), [
    ...[
      0.529083, -0.909667, 0.529083, -0.909667, -0.061448, 1.670946, -0.294672, 0.9856, 0.040693, -0.996087,
    ],
    ...[0.215987, 0.940429, -0.075128, 1.672156, -0.458325, -0.822324, -0.458325, -0.822324],
  ]);
  assertNear(up!.data.subarray(-6), [1, 2, 3, 4, 5, 6]);
  const [down] = resizedDistances(3, [5, 5], [3, 3]).apply([withClass(waves(81, 2))]);
  assertNear(down!.data.subarray(0, 10), [
    ...[
      -0.898219, 0.537098, 0.760865, -0.741584, -0.569767, 0.888407, 0.340835, -0.976236, -0.082839, 0.992613,
    ],
  ]);
});

test("an axis that keeps its size keeps its distances", () => {
  const table = withClass(waves(5 * 7, 2));
  const [same] = resizedDistances(3, [3, 4], [3, 4]).apply([table]);
  assert.deepEqual(same, table);
  const [taller] = resizedDistances(3, [3, 4], [4, 4]).apply([table]);
  assert.deepEqual(taller!.shape, [7 * 7 + 3, 2]);
  assertNear(taller!.data.subarray(3 * 7 * 2, 4 * 7 * 2), [...table.data.subarray(2 * 7 * 2, 3 * 7 * 2)]);
});

test("two patches a side are too few for a cubic spline", () => {
  const step = resizedDistances(3, [2, 2], [4, 4]);
  assert.throws(
    () => step.apply([withClass(waves(9, 2))]),
    /expected a grid of 3 patches or more a side, got 2/,
  );
});

function withClass({ shape, data }: Values): Values {
  return { shape: [shape[0]! + 3, shape[1]!], data: Float32Array.from([...data, 1, 2, 3, 4, 5, 6]) };
}
