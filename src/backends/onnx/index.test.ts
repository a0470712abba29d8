import assert from "node:assert/strict";
import { test } from "node:test";
import { gradients } from "../../graph/grad.ts";
import { graphOf } from "../../graph/graph.ts";
import { apply } from "../../graph/tensor.ts";
import { toOnnx } from "./index.ts";

const parameter = (name: string, ...shape: number[]) =>
  apply("parameter", { name, type: { dtype: "f32", shape } });

test("what nobody reads comes last, in reverse: ONNX Runtime starts from the end", () => {
  const first = parameter("first", 3, 5);
  const second = parameter("second", 5, 7);
  const loss = parameter("x", 2, 3).matmul(first).tanh().matmul(second).sumAll();
  const [byFirst, bySecond] = gradients(loss, [first, second]);
  const { nodes } = toOnnx(graphOf({ loss, byFirst: byFirst!, bySecond: bySecond! }));
  const outputs = nodes.flatMap((node) => node.outputs);
  // The backward pass meets `second` before `first`.
  assert.deepEqual(outputs.slice(-3), ["out:byFirst", "out:bySecond", "out:loss"]);

  const known = new Set(outputs);
  for (const [i, node] of nodes.entries()) {
    for (const input of node.inputs.filter((value) => known.has(value))) {
      assert.ok(
        nodes.slice(0, i).some((before) => before.outputs.includes(input)),
        `${node.name} reads ${input} of a node behind it`,
      );
    }
  }
});
