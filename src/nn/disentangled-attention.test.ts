import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly } from "../backends/reference/finite-differences.ts";
import { graphOf } from "../graph/graph.ts";
import { apply } from "../graph/tensor.ts";
import { disentangledAttention, logBucket } from "./disentangled-attention.ts";
import { declare } from "./scope.ts";

/** As DeBERTa v2 has it, by the published function in PyTorch. */
void test("far distances share buckets by their logarithm", () => {
  const buckets = (distances: readonly number[], span: number, farthest: number) =>
    distances.map((distance) => logBucket(distance, span, farthest));
  assert.deepEqual(buckets([0, 1, 2, 3, 4, 5, 8, 14, 15, 16, 30], 4, 16), [0, 1, 2, 3, 3, 3, 3, 3, 3, 4, 4]);
  assert.deepEqual(
    buckets([0, 127, 128, 129, 130, 200, 400, 511, 512], 256, 512),
    [0, 127, 128, 129, 130, 169, 233, 255, 256],
  );
  assert.deepEqual(buckets([-3, -127, -200, -511], 256, 512), [-3, -127, -169, -255]);
});

void test("scores are content to content, content to distance and distance to content", async () => {
  const [B, N, width, heads, span] = [2, 4, 6, 2, 3];
  const size = width / heads;
  const { model, parameters } = declare((at) =>
    disentangledAttention(at, {
      width,
      heads,
      dropout: 0,
      keyBias: true,
      positionTerms: ["c2p", "p2c"],
      distance: { span, shared: false },
    }),
  );
  const values: Record<string, Float64Array> = {};
  parameters.forEach(({ name, shape }, p) => {
    values[name] = Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) =>
      Math.sin(7 * i + p),
    );
  });
  const x = Float64Array.from({ length: B * N * width }, (_, i) => Math.cos(3 * i));
  const table = Float64Array.from({ length: 2 * span * width }, (_, i) => Math.sin(5 * i + 0.3));
  const keep = Uint8Array.of(1, 1, 1, 1, 1, 1, 0, 1);

  const project = (name: string, rows: Float64Array, row: number, head: number) =>
    Array.from({ length: size }, (_, k) => {
      const out = head * size + k;
      let sum = values[`${name}.bias`]![out]!;
      for (let i = 0; i < width; i++)
        sum += values[`${name}.weight`]![out * width + i]! * rows[row * width + i]!;
      return sum;
    });
  const dot = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const rowOf = (distance: number) => span + Math.max(-span, Math.min(span - 1, distance));
  const expected: number[] = [];
  for (let b = 0; b < B; b++) {
    for (let head = 0; head < heads; head++) {
      for (let i = 0; i < N; i++) {
        const scores = Array.from({ length: N }, (_, j) => {
          if (keep[b * N + i] === 0 || keep[b * N + j] === 0) return -1e9;
          const query = project("query", x, b * N + i, head);
          const key = project("key", x, b * N + j, head);
          const near = project("distanceKey", table, rowOf(i - j), head);
          const far = project("distanceQuery", table, rowOf(i - j), head);
          return (dot(query, key) + dot(query, near) + dot(key, far)) / Math.sqrt(3 * size);
        });
        const top = Math.max(...scores);
        const powers = scores.map((score) => Math.exp(score - top));
        const total = powers.reduce((a, c) => a + c);
        expected.push(...powers.map((power) => power / total));
      }
    }
  }
  const input = (name: string, dtype: "f32" | "bool", ...shape: number[]) =>
    apply("input", { name, type: { dtype, shape } });
  const { weights } = model(input("x", "f32", B, N, width), {
    keep: input("keep", "bool", B, N),
    distances: input("table", "f32", 2 * span, width),
  });
  assert.deepEqual(weights.shape, [B, heads, N, N]);
  const graph = graphOf({ weights });
  const used = Object.fromEntries(Object.keys(graph.parameters).map((name) => [name, values[name]!]));
  const got = await evaluateExactly(graph, { x, keep, table, ...used });
  for (const [i, value] of expected.entries()) assert.ok(Math.abs(got.weights![i]! - value) < 1e-9, `[${i}]`);
});
