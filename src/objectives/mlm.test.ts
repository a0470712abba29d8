import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly } from "../backends/reference/finite-differences.ts";
import { sizeOf } from "../core/shape.ts";
import { gradients } from "../graph/grad.ts";
import { graphOf } from "../graph/graph.ts";
import { apply, constant } from "../graph/tensor.ts";
import { declare } from "../nn/scope.ts";
import { mlm } from "./mlm.ts";

const [C, T, F, V, M] = [2, 3, 4, 7, 3];
const { model: words, parameters } = declare((at) => mlm(at.in("mlm"), { width: F, vocab: V }));
const input = apply("input", { name: "words", type: { dtype: "f32", shape: [C, T, F] } });
const values = Float64Array.from({ length: C * T * F }, (_, i) => Math.sin(i * i));

function built(positions: readonly number[], labels: readonly number[], weights: readonly number[]) {
  return words.loss(
    { words: input },
    {
      positions: constant("i32", [M], positions),
      labels: constant("i32", [M], labels),
      weights: constant("f32", [M], weights),
    },
  );
}

const leaves = (fill: (name: string, length: number) => ArrayLike<number>) => ({
  words: values,
  ...Object.fromEntries(
    parameters.map(({ name, shape }) => [name, Float64Array.from(fill(name, sizeOf(shape)))]),
  ),
});
const zeros = leaves((_, length) => new Float64Array(length));
const waves = leaves((name, length) => Array.from({ length }, (_, i) => Math.cos(i * name.length)));

async function run(output: ReturnType<typeof built>, given: typeof zeros) {
  const graph = graphOf({ loss: output.loss, accuracy: output.metrics.accuracy! });
  const { loss, accuracy } = await evaluateExactly(graph, given);
  return { loss: loss![0]!, accuracy: accuracy![0]! };
}
const near = (got: number, expected: number) =>
  assert.ok(Math.abs(got - expected) < 1e-6, `expected ${expected}, got ${got}`);

test("a head that knows nothing costs ln V, whatever share of the places is filled", async () => {
  near((await run(built([0, 3, 5], [1, 2, 3], [1, 1, 1]), zeros)).loss, Math.log(V));
  near((await run(built([0, 3, 0], [1, 2, 0], [1, 1, 0]), zeros)).loss, Math.log(V));
  near((await run(built([0, 0, 0], [0, 0, 0], [0, 0, 0]), zeros)).loss, 0);
});

test("the loss is the mean over filled places; empty places have no say", async () => {
  const one = await run(built([4, 0, 0], [6, 0, 0], [1, 0, 0]), waves);
  const other = await run(built([2, 0, 0], [1, 0, 0], [1, 0, 0]), waves);
  assert.notEqual(one.loss, other.loss);
  near((await run(built([4, 2, 0], [6, 1, 0], [1, 1, 0]), waves)).loss, (one.loss + other.loss) / 2);
  near((await run(built([4, 2, 5], [6, 1, 3], [1, 1, 0]), waves)).loss, (one.loss + other.loss) / 2);
});

test("positions are rows of all texts in a row", async () => {
  const { loss } = built([4, 0, 0], [6, 0, 0], [1, 0, 0]);
  const [slope] = gradients(loss, [input]);
  const { dx } = await evaluateExactly(graphOf({ dx: slope! }), waves);
  const touched = Array.from({ length: C * T }, (_, r) =>
    dx!.subarray(r * F, (r + 1) * F).some((v) => v !== 0),
  );
  assert.deepEqual(touched, [false, false, false, false, true, false]);
});

test("a bias decides the word; accuracy counts filled places", async () => {
  const sure = { ...zeros, "mlm.bias": Float64Array.from({ length: V }, (_, i) => (i === 2 ? 50 : 0)) };
  const { accuracy } = await run(built([0, 3, 5], [2, 2, 4], [1, 1, 0]), sure);
  near(accuracy, 1);
  near((await run(built([0, 3, 5], [2, 2, 4], [1, 1, 1]), sure)).accuracy, 2 / 3);
});
