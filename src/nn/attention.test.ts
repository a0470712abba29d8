import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly } from "../backends/reference/finite-differences.ts";
import { rng } from "../core/rng.ts";
import { sizeOf } from "../core/shape.ts";
import { graphOf } from "../graph/graph.ts";
import { apply } from "../graph/tensor.ts";
import { attention, keepBias } from "./attention.ts";
import { declare } from "./scope.ts";

const [B, N, M, D, E, H] = [2, 3, 5, 4, 6, 2];
const K = D / H;

const { model: attend, parameters } = declare((at) =>
  attention(at.in("a"), { width: D, heads: H, sourceWidth: E, dropout: 0 }),
);
const input = (name: string, dtype: "f32" | "bool", ...shape: number[]) =>
  apply("input", { name, type: { dtype, shape } });
const { output, weights } = attend(
  input("x", "f32", B, N, D),
  input("source", "f32", B, M, E),
  keepBias(input("keep", "bool", B, M)),
);
const graph = graphOf({ output, weights });

const random = (...parts: string[]) => rng("attention", ...parts);
const normals = (name: string, length: number) => {
  const draw = random(name);
  return Float64Array.from({ length }, () => draw.normal());
};
const x = normals("x", B * N * D);
const source = normals("source", B * M * E);
const keep = Uint8Array.of(1, 1, 0, 1, 0, 1, 1, 1, 1, 1);
const values = Object.fromEntries(parameters.map(({ name, shape }) => [name, normals(name, sizeOf(shape))]));

function assertNear(got: ArrayLike<number>, expected: ArrayLike<number>): void {
  assert.equal(got.length, expected.length);
  for (let i = 0; i < expected.length; i++)
    assert.ok(Math.abs(got[i]! - expected[i]!) < 1e-6, `[${i}]: expected ${expected[i]}, got ${got[i]}`);
}

/** W x + b of one row. */
function project(part: string, row: Float64Array): number[] {
  const [weight, bias] = [values[`a.${part}.weight`]!, values[`a.${part}.bias`]!];
  return Array.from(bias, (b, to) =>
    row.reduce((sum, v, from) => sum + v * weight[to * row.length + from]!, b),
  );
}

test("agrees with a direct loop over heads, queries and keys", async () => {
  const expectedWeights: number[] = [];
  const expectedOutput: number[] = [];
  for (let b = 0; b < B; b++) {
    const rows = (array: Float64Array, count: number, width: number) =>
      Array.from({ length: count }, (_, i) =>
        array.subarray((b * count + i) * width, (b * count + i + 1) * width),
      );
    const queries = rows(x, N, D).map((row) => project("query", row));
    const keys = rows(source, M, E).map((row) => project("key", row));
    const contents = rows(source, M, E).map((row) => project("value", row));
    const mixed = queries.map(() => new Float64Array(D));
    for (let h = 0; h < H; h++) {
      for (const [n, query] of queries.entries()) {
        const exps = keys.map((key, m) => {
          let dot = 0;
          for (let k = h * K; k < (h + 1) * K; k++) dot += query[k]! * key[k]!;
          return keep[b * M + m] === 1 ? Math.exp(dot / Math.sqrt(K)) : 0;
        });
        const total = exps.reduce((a, c) => a + c);
        for (const [m, e] of exps.entries()) {
          expectedWeights.push(e / total);
          for (let k = h * K; k < (h + 1) * K; k++) mixed[n]![k]! += (e / total) * contents[m]![k]!;
        }
      }
    }
    expectedOutput.push(...mixed.flatMap((row) => project("output", row)));
  }
  const got = await evaluateExactly(graph, { x, source, keep, ...values });
  assert.deepEqual(weights.shape, [B, H, N, M]);
  assertNear(got.weights!, expectedWeights);
  assertNear(got.output!, expectedOutput);
});

test("without queries every kept place weighs the same", async () => {
  const none = { "a.query.weight": new Float64Array(D * D), "a.query.bias": new Float64Array(D) };
  const got = await evaluateExactly(graph, { x, source, keep, ...values, ...none });
  const [first, second] = [
    [1 / 3, 1 / 3, 0, 1 / 3, 0],
    [0.2, 0.2, 0.2, 0.2, 0.2],
  ];
  const expected = [first, second].flatMap((row) => Array.from({ length: H * N }, () => row!).flat());
  assertNear(got.weights!, expected);
});
