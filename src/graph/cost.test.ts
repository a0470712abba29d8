import assert from "node:assert/strict";
import { test } from "node:test";
import { flops, flopsByPath } from "./cost.ts";
import { gradients } from "./grad.ts";
import { graphOf } from "./graph.ts";
import { atPath } from "./path.ts";
import { apply } from "./tensor.ts";

const parameter = (name: string, ...shape: number[]) =>
  apply("parameter", { name, type: { dtype: "f32", shape } });

test("products count 2 M N K, batched and transposed ones too, and nothing else counts", () => {
  const a = parameter("a", 2, 3, 5);
  const b = parameter("b", 2, 7, 3);
  const product = a.matmul(b, { transA: true, transB: true }); // two of [5, 3] x [3, 7]
  assert.equal(flops(graphOf({ y: product.softmax().add(1) })), 2 * 2 * 5 * 7 * 3);
});

test("operations belong to the module that made them, its gradients included", () => {
  const x = parameter("x", 4, 3);
  const first = atPath("tower.first", () => x.matmul(parameter("w", 3, 5)));
  const second = atPath("tower.second", () => first.matmul(parameter("v", 5, 2)));
  const graph = graphOf({ dx: gradients(second.sumAll(), [x])[0]! });
  // The gradient by x needs the product of each module's backward, not the forward ones.
  assert.deepEqual(Object.fromEntries(flopsByPath(graph)), {
    "tower.second": 2 * 4 * 2 * 5,
    "tower.first": 2 * 4 * 5 * 3,
  });
});
