import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly } from "../backends/reference/finite-differences.ts";
import { graphOf } from "../graph/graph.ts";
import { constant } from "../graph/tensor.ts";
import { tokensAt } from "./tokens.ts";

test("each row's tokens come from that row", async () => {
  const tokens = constant("f32", [2, 3, 2], [0, 1, 10, 11, 20, 21, 30, 31, 40, 41, 50, 51]);
  const { y } = await evaluateExactly(
    graphOf({ y: tokensAt(tokens, constant("i32", [2, 2], [2, 0, 1, 1])) }),
    {},
  );
  assert.deepEqual([...y!], [20, 21, 0, 1, 40, 41, 40, 41]);
});
