import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly } from "../backends/reference/finite-differences.ts";
import { graphOf } from "../graph/graph.ts";
import { apply } from "../graph/tensor.ts";
import { convolution, frozenBatchNorm } from "./convolution.ts";
import { countParameters, declare, initialize } from "./scope.ts";

const input = (...shape: number[]) => apply("input", { name: "x", type: { dtype: "f32", shape } });

test("a convolution by hand: windows are not flipped, zeros stand around, the bias is the channel's", async () => {
  const config = { from: 1, to: 2, kernel: 2, stride: 2, padding: 1, bias: true };
  const { model } = declare((at) => convolution(at.in("c"), config));
  const y = model(input(1, 1, 2, 3));
  assert.deepEqual(y.shape, [1, 2, 2, 2]);
  const values = await evaluateExactly(graphOf({ y }), {
    x: new Float32Array([1, 2, 3, 4, 5, 6]),
    "c.weight": new Float32Array([1, 10, 100, 1000, 0, 0, 0, 1]),
    "c.bias": new Float32Array([0.5, -1]),
  });
  // Windows of the padded rows 0 0 0 0 0, 0 1 2 3 0, 0 4 5 6 0: (0 0, 0 1), (0 0, 2 3), (0 4, 0 0) and (5 6, 0 0).
  assert.deepEqual([...values.y!], [1000.5, 3200.5, 40.5, 65.5, 0, 2, -1, -1]);
});

test("a convolution's weight starts with a variance of 2 / (k^2 to)", () => {
  const { parameters } = declare((at) =>
    convolution(at, { from: 30, to: 20, kernel: 5, stride: 1, padding: 2, bias: false }),
  );
  assert.deepEqual(
    parameters.map(({ name, shape }) => [name, shape]),
    [["weight", [20, 30, 5, 5]]],
  );
  const values = new Float32Array(20 * 30 * 25);
  initialize(parameters[0]!, 1, values);
  const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
  assert.ok(Math.abs(variance / (2 / (25 * 20)) - 1) < 0.05);
});

test("a frozen norm by hand; its statistics are buffers, which are not counted", async () => {
  const { model, parameters } = declare((at) => frozenBatchNorm(at.in("n"), 2, 0.75));
  const values = await evaluateExactly(graphOf({ y: model(input(1, 2, 1, 3)) }), {
    x: new Float32Array([1, 2, 3, 1, 2, 3]),
    "n.weight": new Float32Array([2, 3]),
    "n.bias": new Float32Array([10, 20]),
    "n.mean": new Float32Array([1, 2]),
    "n.variance": new Float32Array([3.25, 0.25]),
  });
  assert.deepEqual([...values.y!], [10, 11, 12, 17, 20, 23]);
  assert.deepEqual(
    parameters.map(({ name, isBuffer }) => [name, isBuffer]),
    [
      ["n.weight", false],
      ["n.bias", false],
      ["n.mean", true],
      ["n.variance", true],
    ],
  );
  assert.equal(countParameters(parameters), 4);
});
