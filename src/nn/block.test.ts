import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly } from "../backends/reference/finite-differences.ts";
import { sizeOf } from "../core/shape.ts";
import { graphOf } from "../graph/graph.ts";
import { apply } from "../graph/tensor.ts";
import { type BlockConfig, crossBlock, encoderBlock, feedForward } from "./block.ts";
import { declare, initialize, type Parameter } from "./scope.ts";

const [B, N, M, D] = [2, 3, 5, 4];
const config: BlockConfig = {
  width: D,
  heads: 2,
  hidden: 6,
  activation: "exact",
  norm: "post",
  dropout: 0,
  epsilon: 1e-12,
};
const input = (name: string, ...shape: number[]) => apply("input", { name, type: { dtype: "f32", shape } });
const x = Float64Array.from({ length: B * N * D }, (_, i) => Math.sin(3 * i) + i / 7);
const other = Float64Array.from({ length: B * M * D }, (_, i) => Math.cos(5 * i));

/** Initial values, but zero where every branch ends. */
function closed(parameters: readonly Parameter[]): Record<string, Float32Array> {
  return Object.fromEntries(
    parameters.map((parameter) => {
      const values = new Float32Array(sizeOf(parameter.shape));
      if (!/\.(output|down)\./.test(parameter.name)) initialize(parameter, 3, values);
      return [parameter.name, values];
    }),
  );
}

/** Every row of D values with mean 0 and variance 1. */
function normalised(values: Float64Array): number[] {
  return Array.from({ length: values.length / D }, (_, r) => {
    const row = values.subarray(r * D, (r + 1) * D);
    const mean = row.reduce((a, b) => a + b) / D;
    const deviation = Math.sqrt(row.reduce((a, b) => a + (b - mean) ** 2, 0) / D);
    return Array.from(row, (value) => (value - mean) / deviation);
  }).flat();
}

function assertNear(got: ArrayLike<number>, expected: ArrayLike<number>): void {
  assert.equal(got.length, expected.length);
  for (let i = 0; i < expected.length; i++)
    assert.ok(Math.abs(got[i]! - expected[i]!) < 1e-9, `[${i}]: expected ${expected[i]}, got ${got[i]}`);
}

test("a pre-norm block whose branches add nothing is the identity", async () => {
  const { model, parameters } = declare((at) => encoderBlock(at.in("b"), { ...config, norm: "pre" }));
  const { x: y, weights } = model(input("x", B, N, D));
  assert.deepEqual(weights.shape, [B, 2, N, N]);
  const got = await evaluateExactly(graphOf({ y }), { x, ...closed(parameters) });
  assert.deepEqual([...got.y!], [...x]);
});

test("a post-norm block whose branches add nothing normalises behind each of them", async () => {
  const { model, parameters } = declare((at) => encoderBlock(at.in("b"), config));
  const shift = [1, -2, 3, 5];
  const norms = {
    "b.attentionNorm.weight": new Float32Array(D).fill(2),
    "b.attentionNorm.bias": Float32Array.from(shift),
  };
  const graph = graphOf({ y: model(input("x", B, N, D)).x });
  const got = await evaluateExactly(graph, { x, ...closed(parameters), ...norms });
  const first = normalised(x).map((value, k) => 2 * value + shift[k % D]!);
  assertNear(got.y!, normalised(Float64Array.from(first)));
});

test("a cross block does too; its weights say how its stream attends to the other", async () => {
  const { model, parameters } = declare((at) => crossBlock(at.in("b"), config));
  const { x: y, weights } = model(input("x", B, N, D), input("other", B, M, D));
  assert.deepEqual(weights.shape, [B, 2, N, M]);
  const leaves = { x, other, ...closed(parameters) };
  const got = await evaluateExactly(graphOf({ y, weights }), leaves);
  assertNear(got.y!, normalised(x));
  // The other stream comes in by the cross branch alone: with its output open, changing the other changes y.
  const open = { ...leaves, "b.cross.output.weight": new Float32Array(D * D).fill(0.5) };
  const [before, after] = [
    await evaluateExactly(graphOf({ y }), {
      ...open,
      "b.cross.value.weight": new Float32Array(D * D).fill(1),
    }),
    await evaluateExactly(graphOf({ y }), {
      ...open,
      "b.cross.value.weight": new Float32Array(D * D).fill(1),
      other: other.map((value) => value * value + 1),
    }),
  ];
  // The same amount is added to every channel, which the norm takes away again.
  assertNear(after.y!, [...before.y!]);
  const uneven = { ...open, "b.cross.output.weight": Float32Array.from({ length: D * D }, (_, i) => i / 9) };
  const moved = await evaluateExactly(graphOf({ y }), uneven);
  assert.ok(moved.y!.some((value, i) => Math.abs(value - got.y![i]!) > 1e-3));
});

test("a pre-norm cross block whose branches add nothing is the identity, and norms what it attends to", async () => {
  const { model, parameters } = declare((at) => crossBlock(at.in("b"), { ...config, norm: "pre" }));
  const y = model(input("x", B, N, D), input("other", B, M, D)).x;
  const leaves = { x, other, ...closed(parameters) };
  assert.deepEqual([...(await evaluateExactly(graphOf({ y }), leaves)).y!], [...x]);
  // The other stream's scale does not matter behind its norm.
  const open = { ...leaves, "b.cross.output.weight": Float32Array.from({ length: D * D }, (_, i) => i / 9) };
  const before = await evaluateExactly(graphOf({ y }), open);
  const after = await evaluateExactly(graphOf({ y }), { ...open, other: other.map((value) => 3 * value) });
  assertNear(after.y!, before.y!);
  assert.ok(before.y!.some((value, i) => Math.abs(value - x[i]!) > 1e-3));
});

test("feed-forward is down(gelu(up(x))) with the activation asked for", async () => {
  for (const [activation, atOne] of [
    ["exact", 0.8413447460685429], // 1 * Phi(1)
    ["tanh", 0.8411919906082768],
    ["quick", 1 / (1 + Math.exp(-1.702))],
  ] as const) {
    const { model, parameters } = declare((at) => feedForward(at.in("f"), { ...config, activation }));
    const leaves = Object.fromEntries(parameters.map((p) => [p.name, new Float64Array(sizeOf(p.shape))]));
    leaves["f.up.weight"]![0] = 1; // hidden 0 reads channel 0
    leaves["f.down.weight"]![6] = 10; // channel 1 reads hidden 0
    leaves["f.down.bias"]!.set([1, 2, 3, 4]);
    const got = await evaluateExactly(graphOf({ y: model(input("x", 1, D)) }), {
      x: Float64Array.of(1, 50, 60, 70),
      ...leaves,
    });
    assertNear(got.y!, [1, 2 + 10 * atOne, 3, 4]);
  }
});
