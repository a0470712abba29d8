import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly } from "../backends/reference/finite-differences.ts";
import { sizeOf } from "../core/shape.ts";
import { graphOf } from "../graph/graph.ts";
import { constant } from "../graph/tensor.ts";
import { declare } from "../nn/scope.ts";
import { mimPixel } from "./mim-pixel.ts";

const sizes = {
  from: 3,
  patch: 1,
  grid: [1, 4],
  width: 4,
  depth: 1,
  heads: 2,
  hidden: 5,
  activation: "exact",
  dropout: 0,
  epsilon: 1e-6,
} as const;

test("the loss is the squared error of normalised pixels over removed patches alone", async () => {
  const { model, parameters } = declare((at) => mimPixel(at, sizes));
  // Without weights the decoder paints its last bias everywhere.
  const weights = Object.fromEntries(
    parameters.map(({ name, shape }) => [name, new Float32Array(sizeOf(shape))]),
  );
  weights["pixels.bias"]!.set([1, 0, 0]);
  const patches = constant("f32", [1, 2, 3], Float32Array.from([1, 2, 3, 4, 5, 6]));
  const places = constant("i32", [1, 4], Int32Array.from([3, 0, 1, 2]));
  const removed = constant("f32", [1, 4], Float32Array.from([1, 0, 1, 1]));
  // Colours of the four patches: deviations 2, 1, 3 with one degree of freedom less than numbers; the seen one is far off.
  const colours = [
    [1, 3, 5],
    [900, 0, 0],
    [2, 3, 4],
    [0, 3, 6],
  ];
  const pixels = constant(
    "f32",
    [1, 3, 1, 4],
    Float32Array.from({ length: 12 }, (_, i) => colours[i % 4]![Math.floor(i / 4)]!),
  );
  const { loss } = await evaluateExactly(
    graphOf({ loss: model.loss({ patches }, { removed, places }, pixels).loss }),
    weights,
  );
  // Each removed patch is [-1, 0, 1], painted as [1, 0, 0]: (4 + 0 + 1) / 3.
  assert.ok(Math.abs(loss![0]! - 5 / 3) < 1e-5, String(loss![0]));
});
