import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly } from "../backends/reference/finite-differences.ts";
import type { TypedArray } from "../core/dtype.ts";
import { rng } from "../core/rng.ts";
import { sizeOf } from "../core/shape.ts";
import { type Graph, graphOf } from "../graph/graph.ts";
import { apply, type Tensor } from "../graph/tensor.ts";
import { countParameters, declare, type Parameter } from "../nn/scope.ts";
import { colours } from "./colours.ts";
import { type VlmoConfig, vlmo } from "./vlmo.ts";

function published(
  width: number,
  depth: number,
  heads: number,
  jointFrom: number,
  relative: boolean,
): VlmoConfig {
  const where = relative
    ? ({ positions: "none", relativePositions: "each", layerScale: 0.1 } as const)
    : ({ positions: "learned" } as const);
  return {
    image: {
      kind: "vit",
      imageSize: 224,
      patch: 16,
      width,
      depth,
      heads,
      hidden: 4 * width,
      activation: "exact",
      dropout: 0,
      dropPath: 0.1,
      epsilon: 1e-6,
      normFirst: false,
      projectionBias: "not-key",
      colours: colours.halves,
      ...where,
    },
    text: {
      kind: "words",
      vocab: 30522,
      textLength: relative ? 196 : 40,
      positionOffset: 0,
      segments: 2,
      width,
      dropout: 0.1,
      epsilon: 1e-12,
    },
    jointFrom,
  };
}

test("base, base_plus and large have the published sizes", () => {
  // github.com/microsoft/unilm, vlmo/README.md: 175 M, 167 M, 562 M; pooler and heads do not count. The original code
  // holds 30,720 and 40,960 more in base and large: vectors for the words' places that are never read.
  const sizes: Record<string, [VlmoConfig, number]> = {
    base: [published(768, 12, 12, 10, true), 175_399_776],
    base_plus: [published(544, 24, 16, 21, false), 166_567_360],
    large: [published(1024, 24, 16, 21, true), 561_503_488],
  };
  for (const [name, [config, expected]] of Object.entries(sizes)) {
    const { parameters } = declare((at) => vlmo(at, config));
    const trunk = parameters.filter((parameter) => !parameter.name.startsWith("pooler."));
    assert.equal(countParameters(trunk), expected, name);
  }
  assert.deepEqual(
    Object.values(sizes).map(([, size]) => Math.round(size / 1e6)),
    [175, 167, 562],
  );
});

/** B pairs, T words, 2 * 3 patches and the class token, two heads. */
const [B, T, P] = [2, 4, 7];
const tiny: VlmoConfig = {
  image: {
    ...published(6, 3, 2, 0, true).image,
    imageSize: [4, 6],
    patch: 2,
    hidden: 5,
    dropPath: 0,
  },
  text: { ...published(6, 3, 2, 0, true).text, vocab: 11, textLength: 5 },
  jointFrom: 2,
};

const input = (name: string, dtype: "f32" | "i32" | "bool", ...shape: number[]) =>
  apply("input", { name, type: { dtype, shape } });

function statesOf(config: VlmoConfig, words: number) {
  const { model, parameters } = declare((at) => vlmo(at, config));
  const image = model.encodeImage({ pixels: input("pixels", "f32", B, 3, 4, 6) });
  const text = model.encodeText({
    ids: input("ids", "i32", B, words),
    keep: input("keep", "bool", B, words),
  });
  const fused = model.fuse(image, text);
  const states: Record<string, Tensor> = {
    image: image.patches,
    text: text.words,
    words: fused.words,
    patches: fused.patches,
    jointImage: model.joint.image(image),
    jointText: model.joint.text(text),
    attention: fused.attention,
    "before the joint expert": model.fuse(image, text).flow[1]!,
  };
  return { states, parameters };
}

function randomWeights(parameters: readonly Parameter[]): Record<string, Float32Array> {
  return Object.fromEntries(
    parameters.map(({ name, shape }) => {
      const random = rng("weights", name);
      return [name, Float32Array.from({ length: sizeOf(shape) }, () => 0.4 * random.normal())];
    }),
  );
}

const draw = rng("batch");
const batch = {
  pixels: Float32Array.from({ length: B * 3 * 4 * 6 }, () => draw.normal()),
  ids: Int32Array.from({ length: B * T }, () => draw.integer(11)),
  keep: Uint8Array.from([1, 1, 1, 1, 1, 1, 0, 0]),
};

const { states, parameters } = statesOf(tiny, T);
const graph = graphOf(states);
const weights = randomWeights(parameters);
/** Runs a graph on the leaves it has. */
function runOn(graph: Graph, leaves: Readonly<Record<string, TypedArray>>) {
  const names = Object.keys({ ...graph.inputs, ...graph.parameters });
  return evaluateExactly(graph, Object.fromEntries(names.map((name) => [name, leaves[name]!])));
}

const run = (changes: Readonly<Record<string, TypedArray>>) =>
  runOn(graph, { ...batch, ...weights, ...changes });

/** Names of the states that change when every parameter whose name begins so does. */
async function reach(...parts: string[]): Promise<string[]> {
  const changed = Object.entries(weights).filter(([name]) => parts.some((part) => name.startsWith(part)));
  assert.notEqual(changed.length, 0, parts.join());
  const [before, after] = [
    await run({}),
    await run(
      Object.fromEntries(changed.map(([name, values]) => [name, values.map((value) => 1.5 * value + 0.1)])),
    ),
  ];
  return Object.keys(before).filter((state) => before[state]!.some((value, i) => value !== after[state]![i]));
}

test("each way of reading goes through its own experts", async () => {
  const fused = ["words", "patches", "attention"];
  // Below `jointFrom` fusion sends words and patches to their own experts, and both meet in attention.
  assert.deepEqual(await reach("text.blocks.0.feed"), [
    "text",
    ...fused.slice(0, 2),
    "jointText",
    "attention",
    "before the joint expert",
  ]);
  assert.deepEqual(await reach("image.blocks.0.feed.", "image.blocks.0.feedNorm"), [
    "image",
    ...fused.slice(0, 2),
    "jointImage",
    "attention",
    "before the joint expert",
  ]);
  // Above it only the modality alone, as contrast reads it, has its own.
  assert.deepEqual(await reach("text.blocks.2.feed"), ["text"]);
  assert.deepEqual(await reach("image.blocks.2.feed.", "image.blocks.2.feedNorm"), ["image"]);
  assert.deepEqual(await reach("joint.blocks.2.feed"), ["words", "patches", "jointImage", "jointText"]);
  // The numbers between words and patches are read where both are.
  assert.deepEqual(await reach("joint.blocks.2.between"), fused);
});

test("texts are as long as they are: padding more changes nothing", async () => {
  const longer = statesOf(tiny, T + 1);
  const ids = Int32Array.from([0, 1].flatMap((b) => [...batch.ids.subarray(b * T, (b + 1) * T), 3]));
  const keep = Uint8Array.from([0, 1].flatMap((b) => [...batch.keep.subarray(b * T, (b + 1) * T), 0]));
  const after = await runOn(graphOf(longer.states), { ...batch, ...weights, ids, keep });
  const before = await run({});
  for (const state of ["image", "patches", "jointImage", "jointText"])
    assert.deepEqual(after[state], before[state]);
});

test("distances among words count backwards from one table, those of the first word have their own", async () => {
  // Of a block that only attends by distance, in one head of two: q k = 0, so the weights are softmax of the table.
  const still = Object.entries(weights).filter(([name]) => /query|key/.test(name));
  const table = "text.blocks.0.relative.table";
  assert.equal(weights[table]!.length, 2 * 5 * 2);
  const flat = Object.fromEntries(still.map(([name, values]) => [name, values.map(() => 0)]));
  const { model } = declare((at) => vlmo(at, tiny));
  const text = model.encodeText({ ids: input("ids", "i32", B, T), keep: input("keep", "bool", B, T) });
  const { first } = await runOn(graphOf({ first: text.attention[0]! }), {
    ...batch,
    ...weights,
    ...flat,
  });
  // Row [from, to] holds the distance to - from, shifted by 3: -3 .. 3 in rows 0 .. 6, then three for the first word.
  const rows = [
    [9, 7, 7, 7],
    [8, 3, 4, 5],
    [8, 2, 3, 4],
    [8, 1, 2, 3],
  ];
  rows.forEach((row, query) => {
    const scores = row.map((at) => Math.exp(weights[table]![at * 2]!));
    const total = scores.reduce((a, b) => a + b);
    scores.forEach((score, key) => {
      const got = first![query * T + key]!;
      assert.ok(Math.abs(got - score / total) < 1e-9, `[${query}, ${key}]: ${got}`);
    });
  });
});

test("what does not fit is refused", () => {
  const model = (config: VlmoConfig) => declare((at) => vlmo(at.in("model"), config)).model;
  assert.throws(
    () => model(tiny).encodeImage({ pixels: input("pixels", "f32", B, 3, 6, 6) }),
    /model\.image: expected 2 by 3 patches, got 3 by 3/,
  );
  assert.throws(
    () => model(tiny).encodeText({ ids: input("ids", "i32", B, 6), keep: input("keep", "bool", B, 6) }),
    /expected texts of at most 5 tokens, got 6/,
  );
  assert.throws(() => model({ ...tiny, jointFrom: 4 }), /jointFrom: expected at most 3, image\.depth, got 4/);
  assert.throws(
    () => model({ ...tiny, text: { ...tiny.text, width: 8 } }),
    /text\.width: expected 6, the width of image, got 8/,
  );
  assert.equal(P, states.patches!.shape[1]);
});
