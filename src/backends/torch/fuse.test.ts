import assert from "node:assert/strict";
import { test } from "node:test";
import { gradients } from "../../graph/grad.ts";
import { type Graph, graphOf } from "../../graph/graph.ts";
import { mixedPrecision } from "../../graph/passes/mixed-precision.ts";
import { apply } from "../../graph/tensor.ts";
import { encoderBlock } from "../../nn/block.ts";
import { declare } from "../../nn/scope.ts";
import { evaluate } from "../backend.ts";
import { referenceBackend } from "../reference/index.ts";
import { startTorch } from "./engine.ts";
import { fuse } from "./fuse.ts";
import { torchBackendOn } from "./index.ts";
import { torchMissing } from "./torch-missing.ts";

/** A transformer block with a loss over classes and all its gradients. */
function blockGraph(): Graph {
  const c = {
    width: 8,
    heads: 2,
    hidden: 12,
    activation: "exact",
    norm: "pre",
    dropout: 0,
    epsilon: 1e-6,
  } as const;
  const { model, parameters } = declare((at) => encoderBlock(at, c));
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

test("groups compute what their nodes do", { skip: torchMissing() }, async () => {
  const graph = blockGraph();
  const leaves = Object.fromEntries(
    Object.entries({ ...graph.inputs, ...graph.parameters }).map(([name, { shape }], leaf) => [
      name,
      Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(3 * i + leaf) / 2),
    ]),
  );
  const expected = await evaluate(referenceBackend, graph, leaves);
  const got = await evaluate(torchBackendOn(startTorch({ type: "cpu", index: -1 })), graph, leaves);
  for (const [name, values] of Object.entries(expected)) {
    // A key's bias moves all scores of a query alike: its gradient is zero but for rounding.
    const largest = Math.max(0.1, ...Array.from(values, Math.abs));
    values.forEach((value, i) => {
      assert.ok(
        Math.abs(got[name]![i]! - value) <= 1e-5 * largest,
        `${name}[${i}]: ${got[name]![i]} for ${value}`,
      );
    });
  }
});
