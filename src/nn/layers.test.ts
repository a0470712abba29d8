/** The small layers: linear, norm, heads, and how scopes declare and fill parameters. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly } from "../backends/reference/finite-differences.ts";
import { sizeOf } from "../core/shape.ts";
import { graphOf } from "../graph/graph.ts";
import { apply, type Tensor } from "../graph/tensor.ts";
import { classifierHead, pooler, wordHead } from "./heads.ts";
import { fixed, normal } from "./init.ts";
import { linear } from "./linear.ts";
import { layerNorm } from "./norm.ts";
import { countParameters, declare, initialize, type Parameter } from "./scope.ts";

const input = (...shape: number[]) => apply("input", { name: "x", type: { dtype: "f32", shape } });

async function run(y: Tensor, x: readonly number[], values: Readonly<Record<string, readonly number[]>>) {
  const leaves = Object.fromEntries(Object.entries(values).map(([name, v]) => [name, Float64Array.from(v)]));
  return [...(await evaluateExactly(graphOf({ y }), { x: Float64Array.from(x), ...leaves })).y!];
}

/** Zeros for every parameter, to be filled where a test needs it. */
function zerosOf(parameters: readonly Parameter[]): Record<string, number[]> {
  return Object.fromEntries(
    parameters.map(({ name, shape }) => [name, new Array<number>(sizeOf(shape)).fill(0)]),
  );
}

function assertNear(got: readonly number[], expected: readonly number[]): void {
  assert.equal(got.length, expected.length);
  for (const [i, value] of expected.entries())
    assert.ok(Math.abs(got[i]! - value) < 1e-9, `[${i}]: expected ${value}, got ${got[i]}`);
}

test("a linear layer's weight is [to, from]", async () => {
  const { model } = declare((at) => linear(at.in("l"), { from: 2, to: 3 }));
  const y = model(input(1, 2, 2));
  assert.deepEqual(y.shape, [1, 2, 3]);
  const values = { "l.weight": [1, 2, 3, 4, 5, 6], "l.bias": [10, 20, 30] };
  assert.deepEqual(await run(y, [1, 1, 0, -1], values), [13, 27, 41, 8, 16, 24]);
  const bare = declare((at) => linear(at.in("l"), { from: 2, to: 3, bias: false }));
  assert.deepEqual(
    bare.parameters.map(({ name }) => name),
    ["l.weight"],
  );
});

test("layer norm by hand: the variance is the mean square, not n - 1", async () => {
  const { model } = declare((at) => layerNorm(at.in("n"), 4, 0.75));
  // Mean 2.5, variance 1.25; 1.25 + 0.75 = 2.
  const y = await run(model(input(1, 4)), [1, 2, 3, 4], { "n.weight": [1, 2, 1, 2], "n.bias": [0, 0, 1, 1] });
  assertNear(y, [-1.5 / Math.SQRT2, -1 / Math.SQRT2, 1 + 0.5 / Math.SQRT2, 1 + 3 / Math.SQRT2]);
});

test("a pooler is tanh of a linear layer", async () => {
  const { model } = declare((at) => pooler(at.in("p"), 2));
  const values = { "p.dense.weight": [0, 1, 1, 0], "p.dense.bias": [0.5, 0] };
  assertNear(await run(model(input(1, 2)), [3, 4], values), [Math.tanh(4.5), Math.tanh(3)]);
});

test("heads without weights say their bias", async () => {
  const config = { width: 4, classes: 3, epsilon: 1e-5 };
  for (const [head, bias] of [
    [classifierHead, "h.classes.bias"],
    [wordHead, "h.bias"],
  ] as const) {
    const { model, parameters } = declare((at) => head(at.in("h"), config));
    const y = model(input(2, 4));
    assert.deepEqual(y.shape, [2, 3]);
    const values = { ...zerosOf(parameters), [bias]: [5, 6, 7] };
    assert.deepEqual(await run(y, [1, 2, 3, 4, 5, 6, 7, 9], values), [5, 6, 7, 5, 6, 7]);
  }
});

test("initial values depend on seed and name, not on the order of declaration", () => {
  const build = (names: readonly string[]) =>
    declare((at) => names.map((name) => at.in(name).param("weight", [3, 5], normal(0.5)))).parameters;
  const valuesOf = (parameters: readonly Parameter[], name: string, seed: number) => {
    const target = new Float32Array(15);
    initialize(parameters.find((p) => p.name === name)!, seed, target);
    return [...target];
  };
  const [ab, ba] = [build(["a", "b"]), build(["b", "a"])];
  assert.deepEqual(valuesOf(ab, "a.weight", 1), valuesOf(ba, "a.weight", 1));
  assert.notDeepEqual(valuesOf(ab, "a.weight", 1), valuesOf(ab, "b.weight", 1));
  assert.notDeepEqual(valuesOf(ab, "a.weight", 1), valuesOf(ab, "a.weight", 2));
  assert.equal(countParameters(ab), 30);
});

test("normal has the mean and deviation it says, fixed its number", () => {
  const n = 20_000;
  const { parameters } = declare((at) => [at.param("w", [n], normal(0.02)), at.param("t", [2], fixed(2.5))]);
  const target = new Float32Array(n);
  initialize(parameters[0]!, 1, target);
  const mean = target.reduce((a, b) => a + b) / n;
  const deviation = Math.sqrt(target.reduce((a, b) => a + (b - mean) ** 2, 0) / n);
  assert.ok(Math.abs(mean) < (4 * 0.02) / Math.sqrt(n), `mean ${mean}`);
  assert.ok(Math.abs(deviation - 0.02) < (4 * 0.02) / Math.sqrt(2 * n), `deviation ${deviation}`);
  const two = new Float32Array(2);
  initialize(parameters[1]!, 1, two);
  assert.deepEqual([...two], [2.5, 2.5]);
});

test("new matrices and tables take the deviation of their model", () => {
  const { parameters } = declare((at) => linear(at.in("deep.l"), { from: 100, to: 100 }), 0.5);
  const target = new Float32Array(10_000);
  initialize(parameters[0]!, 1, target);
  const deviation = Math.sqrt(target.reduce((a, b) => a + b * b, 0) / 10_000);
  assert.ok(Math.abs(deviation - 0.5) < 0.02, `deviation ${deviation}`);
});

test("a parameter is declared once, and errors name their module", () => {
  assert.throws(
    () => declare((at) => [linear(at.in("a"), { from: 1, to: 1 }), linear(at.in("a"), { from: 2, to: 2 })]),
    /parameter a\.weight: expected one declaration, got two/,
  );
  const { model } = declare((at) => linear(at.in("deep.layer"), { from: 3, to: 2 }));
  assert.throws(() => model(input(1, 2)), /matmul at deep\.layer/);
});
