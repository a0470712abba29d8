import assert from "node:assert/strict";
import { test } from "node:test";
import { graphOf } from "./graph.ts";
import { apply } from "./tensor.ts";

const leaf = (op: "input" | "parameter", name: string) =>
  apply(op, { name, type: { dtype: "f32", shape: [2] } });

test("a graph holds what its outputs need, in order of creation, and lists its leaves", () => {
  const [x, scale, unused] = [leaf("input", "x"), leaf("parameter", "constructor"), leaf("input", "unused")];
  unused.mul(scale);
  const product = x.mul(scale);
  const graph = graphOf({ sum: product.add(x), product });
  assert.deepEqual(
    graph.nodes.map(({ op }) => op),
    ["input", "parameter", "mul", "add"],
  );
  assert.deepEqual(Object.keys(graph.inputs), ["x"]);
  assert.deepEqual(Object.keys(graph.parameters), ["constructor"]);
});

test("two leaves of one name are refused, an input and a parameter too", () => {
  assert.throws(
    () => graphOf({ y: leaf("input", "x").add(leaf("input", "x")) }),
    /input x: expected one leaf/,
  );
  assert.throws(
    () => graphOf({ y: leaf("input", "x").add(leaf("parameter", "x")) }),
    /parameter x: expected one leaf of that name, got two/,
  );
});
