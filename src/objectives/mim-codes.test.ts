import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly } from "../backends/reference/finite-differences.ts";
import { rng } from "../core/rng.ts";
import { graphOf } from "../graph/graph.ts";
import { apply, constant } from "../graph/tensor.ts";
import { declare } from "../nn/scope.ts";
import { mimCodes } from "./mim-codes.ts";

const [B, N, F, K, M, specials] = [2, 4, 3, 5, 3, 2];
const P = specials + N;
const normals = (name: string, length: number) => {
  const draw = rng("mim codes", name);
  return Float64Array.from({ length }, () => draw.normal());
};
const { model: objective } = declare((at) => mimCodes(at.in("mim"), { width: F, codes: K }));
const patches = apply("input", { name: "patches", type: { dtype: "f32", shape: [B, P, F] } });
const [positions, labels] = [
  [2, 7, 0],
  [4, 1, 3],
];
const hidden = { positions: constant("i32", [M], positions), weights: constant("f32", [M], [1, 1, 0]) };
const { loss, metrics } = objective({ patches }, hidden, constant("i32", [M], labels), specials);
const graph = graphOf({ loss, accuracy: metrics.accuracy! });
const leaves = {
  patches: normals("patches", B * P * F),
  "mim.head.weight": normals("weight", K * F),
  "mim.head.bias": normals("bias", K),
};

void test("agrees with a direct loop over hidden patches and codes", async () => {
  let nats = 0;
  for (const [i, place] of positions.slice(0, 2).entries()) {
    const token = Math.floor(place / N) * P + specials + (place % N);
    const scores = Array.from({ length: K }, (_, code) =>
      Array.from(
        { length: F },
        (_, f) => leaves["mim.head.weight"][code * F + f]! * leaves.patches[token * F + f]!,
      ).reduce((a, b) => a + b, leaves["mim.head.bias"][code]!),
    );
    nats += Math.log(scores.reduce((sum, score) => sum + Math.exp(score), 0)) - scores[labels[i]!]!;
  }
  const got = await evaluateExactly(graph, leaves);
  assert.ok(Math.abs(got.loss![0]! - nats / 2) < 1e-9);
});

void test("a bias decides the code; accuracy counts filled places", async () => {
  const sure = {
    patches: leaves.patches,
    "mim.head.weight": new Float64Array(K * F),
    "mim.head.bias": Float64Array.of(0, 0, 0, 0, 50),
  };
  const got = await evaluateExactly(graph, sure);
  assert.ok(Math.abs(got.accuracy![0]! - 0.5) < 1e-9);
  assert.ok(Math.abs(got.loss![0]! - 25) < 1e-9);
});
