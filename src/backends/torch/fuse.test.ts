import assert from "node:assert/strict";
import { test } from "node:test";
import { allocate } from "../../core/dtype.ts";
import { sizeOf } from "../../core/shape.ts";
import { gradients } from "../../graph/grad.ts";
import { type Graph, graphOf } from "../../graph/graph.ts";
import { mixedPrecision } from "../../graph/passes/mixed-precision.ts";
import { apply, full } from "../../graph/tensor.ts";
import { traced } from "../../graph/trace.ts";
import { keepBias } from "../../nn/attention.ts";
import { encoderBlock } from "../../nn/block.ts";
import { declare } from "../../nn/scope.ts";
import { type Backend, evaluate } from "../backend.ts";
import { inMixedPrecision } from "../mixed.ts";
import { referenceBackend } from "../reference/index.ts";
import { startTorch } from "./engine.ts";
import { fuse } from "./fuse.ts";
import { torchBackendOn } from "./index.ts";
import { torchMissing } from "./torch-missing.ts";

const block = {
  width: 8,
  heads: 2,
  hidden: 12,
  activation: "exact",
  norm: "pre",
  dropout: 0,
  epsilon: 1e-6,
} as const;

/** A transformer block with a loss over classes and all its gradients. */
function blockGraph(dropout = 0): Graph {
  const key = apply("input", { name: "key", type: { dtype: "i32", shape: [1] } });
  return traced({ mode: "train", key, isFrozen: () => false }, () => differentiated(dropout));
}

function differentiated(dropout: number): Graph {
  const { model, parameters } = declare((at) => encoderBlock(at, { ...block, dropout }));
  const x = apply("input", { name: "x", type: { dtype: "f32", shape: [3, 5, 8] } });
  const w = apply("input", { name: "w", type: { dtype: "f32", shape: [3, 5, 8] } });
  const loss = model(x.mul(x)).x.logSoftmax().mul(w).sumAll();
  const by = [x, ...parameters.map(({ tensor }) => tensor)];
  const slopes = gradients(loss, by);
  const names = ["x", ...parameters.map(({ name }) => name)];
  return graphOf({ loss, ...Object.fromEntries(names.map((name, i) => [`d ${name}`, slopes[i]!])) });
}

/** How many nodes of each op stand for a group. */
function groups(graph: Graph): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { op } of fuse(graph).keys()) counts[op] = (counts[op] ?? 0) + 1;
  return counts;
}

test("every group of a transformer block is found, in both precisions", () => {
  const graph = blockGraph();
  // add: six linear layers; mul: GELU's gradient and two norms'; sub: softmax's and the loss's; sum: the norms' scales and biases.
  const expected = { add: 6, mul: 3, sub: 2, sum: 4 };
  assert.deepEqual(groups(graph), expected);
  assert.deepEqual(groups(mixedPrecision(graph)), expected);
});

test("dropout is a group of its own, forward and back, and keeps no factors", () => {
  const graph = blockGraph(0.3);
  // Of the weights, of what attention says and of what the layer does.
  assert.deepEqual(groups(graph), { add: 6, mul: 3 + 2 * 3, sub: 2, sum: 4 });
});

/** The same block as in evaluation, some words hidden from attention. */
function forwardGraph(): Graph {
  const { model } = declare((at) => encoderBlock(at, block));
  const x = apply("input", { name: "x", type: { dtype: "f32", shape: [3, 5, 8] } });
  const keep = apply("input", { name: "w", type: { dtype: "f32", shape: [3, 5] } });
  return graphOf({ plain: model(x).x, hidden: model(x, keepBias(full(0).less(keep))).x });
}

test("attention whose weights nobody else reads is one group, with and without a bias", () => {
  const graph = forwardGraph();
  assert.deepEqual(groups(graph), { add: 12, matmul: 2 });
  assert.deepEqual(groups(mixedPrecision(graph)), { add: 12, matmul: 2 });
});

for (const [what, build] of [
  ["gradients", () => blockGraph()],
  ["dropout", () => blockGraph(0.3)],
  ["evaluation", forwardGraph],
] as const) {
  test(`groups of ${what} compute what their nodes do`, { skip: torchMissing() }, async () => {
    const engine = startTorch({ type: "cpu", index: -1 });
    const graph = build();
    await agrees(torchBackendOn(engine), graph, 1e-5);
    // 8 bits, rounded again at every product of the block, in gradients that partly cancel.
    await agrees(inMixedPrecision(torchBackendOn(engine)), graph, 2 ** -4);
  });
}

async function agrees(backend: Backend, graph: Graph, tolerance: number): Promise<void> {
  const leaves = Object.fromEntries(
    Object.entries({ ...graph.inputs, ...graph.parameters }).map(([name, { dtype, shape }], leaf) => [
      name,
      allocate(dtype, sizeOf(shape)).map((_, i) => Math.sin(3 * i + leaf) / 2),
    ]),
  );
  const expected = await evaluate(referenceBackend, graph, leaves);
  const got = await evaluate(backend, graph, leaves);
  for (const [name, values] of Object.entries(expected)) {
    // A key's bias moves all scores of a query alike: its gradient is zero but for rounding.
    const largest = Math.max(0.1, ...Array.from(values, Math.abs));
    values.forEach((value, i) => {
      const off = Math.abs(got[name]![i]! - value);
      assert.ok(off <= tolerance * largest, `${name}[${i}]: ${got[name]![i]} for ${value}`);
    });
  }
}
