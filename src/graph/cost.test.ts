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

test("a convolution counts as the product of windows and weights, and so do its gradients", () => {
  const [x, weight] = [parameter("x", 2, 3, 7, 6), parameter("weight", 5, 3, 3, 2)];
  const y = apply("conv2d", { stride: 2, padding: 1 }, x, weight); // [2, 5, 4, 4]
  const once = 2 * (2 * 4 * 4) * (3 * 3 * 2) * 5;
  assert.equal(flops(graphOf({ y })), once);
  const [dx, dweight] = gradients(y.sumAll(), [x, weight]);
  assert.equal(flops(graphOf({ dx: dx! })), once);
  assert.equal(flops(graphOf({ dx: dx!, dweight: dweight! })), 2 * once);
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
