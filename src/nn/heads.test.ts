import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly } from "../backends/reference/finite-differences.ts";
import { graphOf } from "../graph/graph.ts";
import { apply } from "../graph/tensor.ts";
import { wordHead } from "./heads.ts";
import { declare } from "./scope.ts";

void test("a word head is tied to a table of another width", async () => {
  const [width, embeddingWidth, classes] = [4, 2, 3];
  const { model, parameters } = declare((at) => {
    const table = at.param("table", [classes, embeddingWidth], () => {});
    return wordHead(at.in("h"), { width, embeddingWidth, classes, activation: "relu", epsilon: 0 }, table);
  });
  assert.deepEqual(
    parameters.map(({ name, shape }) => [name, shape]),
    [
      ["table", [3, 2]],
      ["h.transform.weight", [2, 4]],
      ["h.transform.bias", [2]],
      ["h.norm.weight", [2]],
      ["h.norm.bias", [2]],
      ["h.bias", [3]],
    ],
  );
  const x = apply("input", { name: "x", type: { dtype: "f32", shape: [1, 2, width] } });
  const { y } = await evaluateExactly(graphOf({ y: model(x) }), {
    x: Float64Array.of(1, 2, 3, 4, -1, 0, 0, 0),
    "h.transform.weight": Float64Array.of(1, 0, 0, 0, 0, 0, 0, 1),
    "h.transform.bias": Float64Array.of(0, 1),
    "h.norm.weight": Float64Array.of(1, 1),
    "h.norm.bias": Float64Array.of(0, 0.5),
    "h.bias": Float64Array.of(0, 0, 0.25),
    table: Float64Array.of(1, 0, 0, 1, 1, 1),
  });
  // After the linear layer (1, 5) and (-1, 1); after relu and norm both are (-1, 1), then shifted.
  assert.deepEqual([...y!], [-1, 1.5, 0.75, -1, 1.5, 0.75]);
});
