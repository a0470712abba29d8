import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly } from "../backends/reference/finite-differences.ts";
import { graphOf } from "../graph/graph.ts";
import { constant } from "../graph/tensor.ts";
import { declare } from "../nn/scope.ts";
import { classify } from "./classify.ts";

const near = (got: number, expected: number) =>
  assert.ok(Math.abs(got - expected) < 1e-6, `expected ${expected}, got ${got}`);

test("answers: mean cross entropy over the pairs, and the share that is right", async () => {
  const { model: head } = declare((at) => classify(at.in("answer"), { width: 4, classes: 3 }));
  const logits = constant("f32", [2, 3], [0, Math.log(2), 0, 0, 0, 0]);
  const { loss, metrics } = head.loss(logits, constant("i32", [2], [1, 2]));
  const got = await evaluateExactly(graphOf({ loss, accuracy: metrics.accuracy! }), {});
  near(got.loss![0]!, (Math.log(2) + Math.log(3)) / 2);
  near(got.accuracy![0]!, 0.5);
  const short = constant("i32", [1], [1]);
  assert.throws(() => head.loss(logits, short), /"C" at answer: expected C = 2, got \[1\]/);
});
