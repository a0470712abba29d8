/** Training graphs of a small model on drawn batches, and where they first leave the finite numbers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultBackend } from "../backends/default.ts";
import { allocate, type TypedArray } from "../core/dtype.ts";
import { rng } from "../core/rng.ts";
import { sizeOf } from "../core/shape.ts";
import { colours } from "../models/colours.ts";
import { batchPlan, type TaskConfig } from "../tasks/index.ts";
import { assemble } from "./assemble.ts";
import type { RunConfig, TrainConfig } from "./config.ts";
import { firstNonFinite } from "./diagnose.ts";
import { groupParameters } from "./groups.ts";
import { createStore, initializeStore } from "./parameter-store.ts";
import { bindStep, trainGraph, validationGraph } from "./step.ts";

const blocks = { depth: 1, activation: "exact", dropout: 0, epsilon: 1e-5 } as const;
const model: RunConfig["model"] = {
  kind: "meter",
  std: 0.2,
  image: {
    kind: "vit",
    colours: colours.halves,
    ...blocks,
    imageSize: 6,
    patch: 3,
    width: 6,
    heads: 3,
    hidden: 10,
    normFirst: false,
  },
  text: {
    kind: "bert",
    ...blocks,
    norm: "post",
    vocab: 17,
    textLength: 5,
    positionOffset: 0,
    segments: 1,
    width: 8,
    heads: 2,
    hidden: 9,
  },
  fusion: { ...blocks, norm: "post", kind: "co-attention", width: 12, heads: 4, hidden: 13 },
};
const vqa: TaskConfig = { kind: "vqa", questionsPerImage: 2 };
const sizesFor = (batch: number) => ({ batch, imageSize: 6, patch: 3, textLength: 5, vocab: 17, answers: 7 });

function setUp(task: TaskConfig, batch: number, freeze: readonly string[] = []) {
  const sizes = sizesFor(batch);
  const { types } = batchPlan(task, sizes);
  const { task: built, parameters } = assemble({ model, task }, sizes);
  const groups = groupParameters(parameters, { factors: [], freeze } as unknown as TrainConfig);
  const learning = groups.flatMap((group) => group.parameters);
  const store = createStore(parameters, groups);
  initializeStore(store, parameters, 3);
  return { types, store, built, graph: trainGraph(built.loss, types, learning, freeze) };
}

/** Drawn questions about drawn pictures. */
function drawn(types: ReturnType<typeof setUp>["types"]): Record<string, TypedArray> {
  const random = rng("batch");
  const fill = {
    image: () => random.integer(256),
    ids: () => random.integer(17),
    answers: () => random.integer(7),
  } as Record<string, () => number>;
  return Object.fromEntries(
    Object.entries(types).map(([name, { dtype, shape }]) => {
      const array = allocate(dtype, sizeOf(shape));
      // Three words are kept, four of every other text.
      const keep = (i: number) => Number(i % 5 < 3 + (Math.floor(i / 5) % 2));
      return [name, array.map((_: number, i: number) => (name === "keep" ? keep(i) : fill[name]!()))];
    }),
  );
}

const assertNear = (got: ArrayLike<number>, expected: ArrayLike<number>, within: number, what: string) => {
  assert.equal(got.length, expected.length);
  for (let i = 0; i < expected.length; i++)
    assert.ok(
      Math.abs(got[i]! - expected[i]!) <= within,
      `${what}[${i}]: expected ${expected[i]}, got ${got[i]}`,
    );
};

test("the mean over two half batches is the batch: loss and every gradient", async () => {
  const whole = setUp(vqa, 4);
  const half = setUp(vqa, 2);
  const all = drawn(whole.types);
  const part = (from: number) =>
    Object.fromEntries(
      Object.entries(all).map(([name, array]) => [
        name,
        array.slice((from * array.length) / 2, ((from + 1) * array.length) / 2),
      ]),
    );
  const one = await bindStep(defaultBackend, whole.graph, whole.store, [all]);
  const two = await bindStep(defaultBackend, half.graph, half.store, [part(0), part(1)]);
  const together = await one.run(0, 1);
  const first = await two.run(0, 1);
  const kept = half.store.flat.gradients.slice();
  const second = await two.run(1, 2);
  assert.notEqual(first.loss, second.loss);
  for (const [name, value] of Object.entries(together))
    assertNear([(first[name]! + second[name]!) / 2], [value], 1e-6, name);
  const sums = half.store.flat.gradients.map((value, i) => (value + kept[i]!) / 2);
  const largest = whole.store.flat.gradients.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  assert.ok(largest > 1e-3);
  assertNear(sums, whole.store.flat.gradients, 1e-6 * Math.max(1, largest), "gradient");
});

test("what is frozen has no gradient output; what learns has one each", () => {
  const freeze = ["model.text", "heads.answer.norm"];
  const { graph, store } = setUp(vqa, 2, freeze);
  const gradients = Object.keys(graph.outputs).filter((name) => name.startsWith("gradient:"));
  assert.deepEqual(
    gradients.map((name) => name.slice("gradient:".length)).sort(),
    Object.keys(store.gradients).sort(),
  );
  assert.ok(gradients.every((name) => !/model\.text\.|answer\.norm/.test(name)));
  assert.ok(Object.keys(graph.parameters).some((name) => name.startsWith("model.text.")));
});

test("what a loss does not read gets zeros, not what the memory held", async () => {
  const mlm: TaskConfig = { kind: "pretrain", mlm: { weight: 1, rate: 0.3, wholeWord: false } };
  const { types, store, graph } = setUp(mlm, 2);
  store.flat.gradients.fill(7);
  const arrays = Object.fromEntries(
    Object.entries(types).map(([name, { dtype, shape }]) => {
      const length = sizeOf(shape);
      return [
        name,
        dtype === "i32"
          ? new Int32Array(length)
          : dtype === "f32"
            ? new Float32Array(length).fill(1)
            : new Uint8Array(length).fill(1),
      ];
    }),
  );
  const step = await bindStep(defaultBackend, graph, store, [arrays]);
  const { loss } = await step.run(0, 1);
  assert.ok(loss! > 0);
  assert.ok(store.gradients["model.fusion.wordPooler.dense.weight"]!.every((value) => value === 0));
  assert.ok(
    store.gradients["model.fusion.words.0.cross.value.weight"]!.some((value) => value !== 0 && value !== 7),
  );
});

test("training and validation see the same loss where nothing is dropped", async () => {
  const { types, store, graph, built } = setUp(vqa, 2);
  const arrays = drawn(types);
  const training = await bindStep(defaultBackend, graph, store, [arrays]);
  const validation = await bindStep(defaultBackend, validationGraph(built.loss, types), store, [arrays]);
  const [a, b] = [await training.run(0, 5), await validation.run(0, 0)];
  assert.deepEqual(Object.keys(a), ["loss", "accuracy"]);
  assertNear([a.loss!, a.accuracy!], [b.loss!, b.accuracy!], 1e-6, "validation");
});

test("the first number that is not finite is traced to its op and module", async () => {
  const { types, store, built } = setUp(vqa, 2);
  const graph = validationGraph(built.loss, types);
  const find = () => firstNonFinite(defaultBackend, graph, { ...drawn(types), ...store.weights });
  assert.equal(await find(), undefined);
  const { "model.text.blocks.0.feed.up.weight": up, "model.text.blocks.0.feed.down.weight": down } =
    store.weights;
  const before = up!.slice();
  up!.fill(1e25);
  down!.fill(1e25);
  assert.equal(await find(), "matmul at model.text.blocks.0.feed.down");
  up!.set(before);
  down!.fill(0.1);
  store.weights["model.fusion.words.0.cross.key.bias"]![3] = Number.NaN;
  assert.equal(await find(), "parameter model.fusion.words.0.cross.key.bias");
});
