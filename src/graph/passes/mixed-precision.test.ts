import assert from "node:assert/strict";
import { test } from "node:test";
import { encoderBlock } from "../../nn/block.ts";
import { declare } from "../../nn/scope.ts";
import { gradients } from "../grad.ts";
import { graphOf } from "../graph.ts";
import { apply } from "../tensor.ts";
import { mixedPrecision } from "./mixed-precision.ts";

/** Dtypes of the results of each op of a transformer block and its backward pass. */
function dtypesByOp() {
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
  const loss = model(x).x.logSoftmax().sumAll();
  const slopes = gradients(
    loss,
    parameters.map(({ tensor }) => tensor),
  );
  const named = parameters.map(({ name }, i) => [name, slopes[i]!] as const);
  const graph = mixedPrecision(graphOf({ loss, ...Object.fromEntries(named) }));
  const found = new Map<string, Set<string>>();
  for (const { op, types } of graph.nodes) {
    const dtypes = found.get(op) ?? new Set();
    found.set(op, dtypes.add(types[0]!.dtype));
  }
  return { graph, of: (op: string) => [...(found.get(op) ?? [])].sort() };
}

test("products, their biases and GELU are bf16; norms, softmax, sums and every gradient are f32", () => {
  const { graph, of } = dtypesByOp();
  assert.deepEqual(of("matmul"), ["bf16"]);
  assert.deepEqual(of("gelu"), ["bf16"]);
  assert.deepEqual(of("transpose"), ["bf16"]);
  for (const op of ["layerNorm", "softmax", "logSoftmax", "sum", "mul", "sub"])
    assert.deepEqual(of(op), ["f32"], op);
  // Biases of products in bf16, residual branches in f32.
  assert.deepEqual(of("add"), ["bf16", "f32"]);
  for (const [name, { dtype }] of Object.entries(graph.outputs)) assert.equal(dtype, "f32", name);
});

test("a tensor is rounded once, however many products read it, and what is rounded already is not rounded again", () => {
  const { graph } = dtypesByOp();
  const rounded = graph.nodes.flatMap(({ op, types, inputs }) =>
    op === "cast" && types[0]!.dtype === "bf16" ? [inputs[0]!] : [],
  );
  const keys = rounded.map(({ node, index }) => `${node.id}.${index}`);
  assert.equal(new Set(keys).size, keys.length);
  for (const { node } of rounded)
    assert.ok(node.op !== "cast" || node.inputs[0]!.dtype !== "bf16", "rounded what had been bf16");
});
