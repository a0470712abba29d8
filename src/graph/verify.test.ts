import assert from "node:assert/strict";
import { test } from "node:test";
import { gradients } from "./grad.ts";
import { type Graph, graphOf } from "./graph.ts";
import { apply, Tensor } from "./tensor.ts";
import { atPath } from "./trace.ts";
import { verify } from "./verify.ts";

const x = apply("input", { name: "x", type: { dtype: "f32", shape: [2, 3] } });
const y = atPath("blocks.1", () => x.softmax());
const graph = graphOf({ y, loss: y.sumAll() });
const [input, softmax, sum] = graph.nodes as [Graph["nodes"][0], Graph["nodes"][0], Graph["nodes"][0]];

test("a graph and its gradients pass", () => {
  verify(graph);
  verify(graphOf({ dx: gradients(y.mul(y).sumAll(), [x])[0]! }));
});

test("broken promises name the node and its module", () => {
  const breaks: [string, Partial<Graph>, RegExp][] = [
    ["order", { nodes: [softmax, input, sum] }, /%\d+ softmax at blocks\.1: expected what it reads computed/],
    ["missing output", { nodes: [input, softmax] }, /output loss: expected what it reads computed before/],
    ["twice", { nodes: [input, input, softmax, sum] }, /input: expected every node once/],
    [
      "types",
      { nodes: [input, { ...softmax, types: [{ dtype: "f32", shape: [2, 4] }] }, sum] },
      /result 0 of %\d+ softmax at blocks\.1: expected f32\[2, 3\], got f32\[2, 4\]/,
    ],
    ["unlisted leaf", { inputs: {} }, /input: expected x among the leaves as f32\[2, 3\], got nothing/],
    ["listed but absent", { parameters: { w: x.type } }, /leaf w: expected a node for every leaf, got none/],
    ["output type", { outputs: { y: new Tensor(y.node, 1, y.type) } }, /output y: expected to read nothing/],
  ];
  for (const [name, change, message] of breaks)
    assert.throws(() => verify({ ...graph, ...change }), message, name);
  const twin = { ...input, id: input.id };
  assert.throws(() => verify({ ...graph, nodes: [input, twin, softmax, sum] }), /one leaf named x, got two/);
});
