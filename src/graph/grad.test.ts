import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly } from "../backends/reference/finite-differences.ts";
import type { Shape } from "../core/shape.ts";
import { gradients } from "./grad.ts";
import { graphOf } from "./graph.ts";
import { apply, applyAll, constant, type Tensor } from "./tensor.ts";
import { atPath } from "./trace.ts";

const input = (name: string, ...shape: number[]) => apply("input", { name, type: { dtype: "f32", shape } });

async function numbers(loss: Tensor, by: Tensor, leaves: Record<string, number[]>): Promise<number[]> {
  const [dx] = gradients(loss, [by]);
  const graph = graphOf({ dx: dx! });
  const arrays = Object.keys(graph.inputs).map((name) => [name, Float64Array.from(leaves[name]!)]);
  return [...(await evaluateExactly(graph, Object.fromEntries(arrays))).dx!];
}

test("a shared sub-expression gets the sum of what flows through each use", async () => {
  const x = input("x", 2);
  const square = x.mul(x);
  // x^2 + x^2 x: 2x + 3x^2
  const loss = square.add(square.mul(x)).sumAll();
  assert.deepEqual(await numbers(loss, x, { x: [2, -1] }), [16, 1]);
});

test("by an intermediate tensor, and by the loss itself", async () => {
  const x = input("x", 3);
  const doubled = x.mul(2);
  const loss = doubled.mul(doubled).sumAll();
  assert.deepEqual(await numbers(loss, doubled, { x: [1, 2, 3] }), [4, 8, 12]);
  assert.deepEqual(await numbers(loss, loss, {}), [1]);
});

test("undefined where the loss does not depend on the tensor", () => {
  const [x, other] = [input("x", 2), input("other", 2)];
  const [dx, dOther, dUser] = gradients(x.sumAll(), [x, other, x.mul(other)]);
  assert.ok(dx !== undefined);
  assert.equal(dOther, undefined);
  assert.equal(dUser, undefined);
});

test("nothing is built for what was not asked for", () => {
  const [x, weight] = [input("x", 2, 3), input("weight", 3, 4)];
  const [dWeight] = gradients(x.matmul(weight).sumAll(), [weight]);
  const products = graphOf({ dWeight: dWeight! }).nodes.filter(({ op }) => op === "matmul");
  assert.equal(products.length, 1);
});

test("broadcasting is summed away, on new axes and on axes of 1", async () => {
  const big = constant("f32", [2, 3], [1, 2, 3, 4, 5, 6]);
  const by = async (shape: Shape, values: number[]) => {
    const x = input("x", ...shape);
    return numbers(x.mul(big).sumAll(), x, { x: values });
  };
  assert.deepEqual(await by([3], [1, 1, 1]), [5, 7, 9]);
  assert.deepEqual(await by([2, 1], [1, 1]), [6, 15]);
  assert.deepEqual(await by([1, 1], [1]), [21]);
  assert.deepEqual(await by([], [1]), [21]);
});

test("equal maxima share the gradient, maximum gives ties to its first input", async () => {
  const x = input("x", 4);
  const values = [3, 1, 3, 2];
  assert.deepEqual(await numbers(x.max(0).mul(6), x, { x: values }), [3, 0, 3, 0]);
  assert.deepEqual(await numbers(x.maximum(3).sumAll(), x, { x: values }), [1, 0, 1, 0]);
});

test("conditions and positions carry no gradient and do not get in the way", async () => {
  const x = input("x", 1, 3);
  const chosen = x.less(0.5).where(0, x).sumAll();
  assert.deepEqual(await numbers(chosen, x, { x: [1, 0, 2] }), [1, 0, 1]);
  const table = input("table", 3);
  const best = table.gather(x.argmax()).sumAll();
  assert.equal(gradients(best, [x])[0], undefined);
  assert.deepEqual(await numbers(best, table, { x: [1, 5, 2], table: [0, 0, 0] }), [0, 1, 0]);
});

test("what is held fixed keeps its numbers and passes nothing on", async () => {
  const x = input("x", 2);
  const loss = x.mul(x.stopGradient()).sumAll();
  assert.deepEqual(await numbers(loss, x, { x: [3, -1] }), [3, -1]);
  assert.equal(gradients(x.stopGradient().sumAll(), [x])[0], undefined);
});

test("a path through steps is refused and names op, module and reason", () => {
  const x = input("x", 2, 3);
  const loss = atPath("heads.itm", () => x.argmax().cast("f32").sumAll());
  assert.throws(() => gradients(loss, [x]), {
    name: "BifocalError",
    message:
      "gradient of cast at heads.itm: expected a differentiable op between loss and parameter, got its results are steps: integers, booleans or positions",
  });
});

test("the loss is one number", () => {
  assert.throws(
    () => gradients(input("x", 2), []),
    /gradients: expected a loss of f32\[\], got %\d+ f32\[2\]/,
  );
});

test("gradient nodes carry the path of the node they belong to", () => {
  const x = input("x", 2);
  const loss = atPath("blocks.0", () => x.exp()).sumAll();
  const [dx] = gradients(loss, [x]);
  assert.equal(dx!.node.path, "blocks.0");
});

test("second derivatives are gradients of gradients", async () => {
  const x = input("x", 2);
  const [first] = gradients(x.mul(x).mul(x).sumAll(), [x]);
  assert.deepEqual(await numbers(first!.sumAll(), x, { x: [2, -1] }), [12, -6]);
});

test("layer normalisation by its input, though its other results are read too", async () => {
  const x = input("x", 1, 2);
  const [y] = applyAll("layerNorm", { epsilon: 0 }, [
    x,
    constant("f32", [2], [1, 1]),
    constant("f32", [2], [0, 0]),
  ]);
  // Two values always normalise to -1 and 1: nothing to gain.
  const slopes = await numbers(y!.at(1, 0).sumAll(), x, { x: [1, 3] });
  for (const slope of slopes) assert.ok(Math.abs(slope) < 1e-12);
});
