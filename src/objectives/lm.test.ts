import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly, finiteDifferences } from "../backends/reference/finite-differences.ts";
import { rng } from "../core/rng.ts";
import { gradients } from "../graph/grad.ts";
import { graphOf } from "../graph/graph.ts";
import { apply, constant } from "../graph/tensor.ts";
import { lm } from "./lm.ts";

const [C, U, V] = [2, 3, 5];
const random = rng("lm");
const values = Float64Array.from({ length: C * U * V }, () => random.normal());
const labels = [4, 0, 0, 1, 2, 3];
const weights = [1, 1, 0, 1, 1, 1];
const logits = apply("input", { name: "logits", type: { dtype: "f32", shape: [C, U, V] } });
const { loss, metrics } = lm(logits, {
  labels: constant("i32", [C, U], labels),
  weights: constant("f32", [C, U], weights),
});

void test("the mean over tokens that were to be written, in nats", async () => {
  let [nats, right] = [0, 0];
  for (const [i, label] of labels.entries()) {
    if (weights[i] === 0) continue;
    const row = values.subarray(i * V, (i + 1) * V);
    nats += Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0)) - row[label]!;
    right += row.indexOf(Math.max(...row)) === label ? 1 : 0;
  }
  const got = await evaluateExactly(graphOf({ loss, accuracy: metrics.accuracy! }), { logits: values });
  assert.ok(Math.abs(got.loss![0]! - nats / 5) < 1e-9);
  assert.ok(Math.abs(got.accuracy![0]! - right / 5) < 1e-9);
});

void test("its gradient is that of finite differences; places behind the end have none", async () => {
  const [slope] = gradients(loss, [logits]);
  const { dx } = await evaluateExactly(graphOf({ dx: slope! }), { logits: values });
  const expected = await finiteDifferences(graphOf({ loss }), { logits: values }, "logits");
  assert.ok(dx!.every((value, i) => Math.abs(value - expected[i]!) < 1e-8));
  assert.ok(dx!.subarray(2 * V, 3 * V).every((value) => value === 0));
});
