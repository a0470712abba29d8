import assert from "node:assert/strict";
import { test } from "node:test";
import { rng } from "../../core/rng.ts";
import { adamWKernels, type UpdateArrays } from "./kernels.ts";

const random = rng("kernels");
const normals = (length: number) => Float32Array.from({ length }, () => random.normal());
/** Around a vector, around a block of the kernels' memory, and many blocks. */
const lengths = [1, 3, 4, 5, 8191, 8192, 8193, 65536];

test("squares are summed to f32's precision, whatever came before", () => {
  const { sumOfSquares } = adamWKernels();
  for (const length of lengths.toReversed()) {
    const values = normals(length);
    const exact = values.reduce((sum, x) => sum + x * x, 0);
    assert.ok(Math.abs(sumOfSquares(values) - exact) < 1e-5 * exact, `${length}`);
  }
});

for (const withMean of [false, true]) {
  test(`an update is algorithm 2 to f32's precision${withMean ? ", and the mean follows" : ""}`, () => {
    const { update } = adamWKernels();
    const n = { gradientScale: 0.5, beta1: 0.9, beta2: 0.98, epsilon: 1e-3, keep: 0.99, rate: 0.1 };
    const [correction, keepMean] = [50, 0.75];
    for (const length of lengths.toReversed()) {
      const arrays: UpdateArrays = {
        weights: normals(length),
        gradients: normals(length),
        first: normals(length),
        second: normals(length).map(Math.abs),
        average: withMean ? normals(length) : undefined,
      };
      const before = structuredClone(arrays);
      update(arrays, { ...n, correction, keepMean });
      assert.deepEqual(arrays.gradients, before.gradients);
      for (let i = 0; i < length; i++) {
        const g = n.gradientScale * before.gradients[i]!;
        const first = n.beta1 * before.first[i]! + (1 - n.beta1) * g;
        const second = n.beta2 * before.second[i]! + (1 - n.beta2) * g * g;
        const step = (n.rate * first) / (Math.sqrt(correction * second) + n.epsilon);
        const weight = n.keep * before.weights[i]! - step;
        const expected = [first, second, weight];
        const got = [arrays.first[i]!, arrays.second[i]!, arrays.weights[i]!];
        if (withMean) {
          expected.push(keepMean * before.average![i]! + (1 - keepMean) * weight);
          got.push(arrays.average![i]!);
        }
        for (const [k, value] of expected.entries())
          assert.ok(Math.abs(got[k]! - value) < 2e-6 * Math.max(1, Math.abs(value)), `${length}: ${i} ${k}`);
      }
    }
  });
}
