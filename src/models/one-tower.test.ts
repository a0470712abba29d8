import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly } from "../backends/reference/finite-differences.ts";
import { rng } from "../core/rng.ts";
import { sizeOf } from "../core/shape.ts";
import { gradients } from "../graph/grad.ts";
import { graphOf } from "../graph/graph.ts";
import { apply, constant } from "../graph/tensor.ts";
import { countParameters, declare } from "../nn/scope.ts";
import { colours } from "./colours.ts";
import { type OneTowerConfig, oneTower } from "./one-tower.ts";

const [C, T, S, P, D] = [2, 3, 6, 10, 8]; // P = 1 + (6 / 2)^2
const small: OneTowerConfig = {
  image: { kind: "patches", imageSize: S, patch: 2, width: 6, colours: colours.halves, dropout: 0 },
  text: {
    kind: "words",
    width: 6,
    vocab: 11,
    textLength: 5,
    positionOffset: 0,
    segments: 0,
    dropout: 0,
    epsilon: 1e-12,
  },
  tower: {
    width: D,
    depth: 2,
    heads: 4,
    hidden: 9,
    activation: "exact",
    norm: "post",
    dropout: 0,
    epsilon: 1e-12,
  },
  pooler: "double",
  pictures: 2,
};
const square = { ...small, image: { ...small.image, width: D }, text: { ...small.text, width: D } };
const configs: Record<string, OneTowerConfig> = {
  "post-norm, narrow embeddings": small,
  "pre-norm, one pooler": {
    ...square,
    tower: { ...small.tower, norm: "pre" },
    pooler: "single",
    pictures: 1,
  },
  "pre-norm with its last norm": { ...small, tower: { ...small.tower, norm: "pre", finalNorm: "tokens" } },
};
const input = (name: string, dtype: "f32" | "i32" | "bool", ...shape: number[]) =>
  apply("input", { name, type: { dtype, shape } });

function built(config: OneTowerConfig) {
  const { model, parameters } = declare((at) => oneTower(at, config));
  const image = model.encodeImage({
    pixels: input("pixels", "f32", C, 3, S, S),
    keep: input("seen", "bool", C, S, S),
  });
  const text = model.encodeText({ ids: input("ids", "i32", C, T), keep: input("keep", "bool", C, T) });
  const leaves = Object.fromEntries(
    parameters.map(({ name, shape }) => {
      const draw = rng(name);
      return [name, Float64Array.from({ length: sizeOf(shape) }, () => 0.4 * draw.normal())];
    }),
  );
  return { model, parameters, image, text, leaves };
}

const given = {
  pixels: Float64Array.from({ length: C * 3 * S * S }, (_, i) => Math.sin(1.3 * i)),
  seen: Uint8Array.from({ length: C * S * S }, (_, i) => (i % S < 4 ? 1 : 0)), // the last column of patches is padding
  ids: Int32Array.of(4, 9, 2, 7, 7, 0),
  keep: Uint8Array.of(1, 1, 1, 1, 1, 0),
};

for (const [name, config] of Object.entries(configs)) {
  const { model, parameters, image, text, leaves } = built(config);
  const fused = model.fuse(image, text);
  const graph = graphOf({
    words: fused.words,
    patches: fused.patches,
    pooled: fused.pooled,
    attention: fused.attention,
  });

  void test(`${name}: states have the sizes the contract says`, () => {
    const shapes = Object.fromEntries(
      Object.entries(graph.outputs).map(([state, { shape }]) => [state, shape]),
    );
    const pooled = [C, model.fusedWidths.pooled];
    assert.deepEqual(shapes, { words: [C, T, D], patches: [C, P, D], pooled, attention: [C, 4, T, P] });
    assert.equal(pooled[1], config.pooler === "double" ? 2 * D : D);
  });

  void test(`${name}: padding changes nothing that is kept`, async () => {
    const before = await evaluateExactly(graph, { ...given, ...leaves });
    const pixels = given.pixels.map((value, i) => (given.seen[i % (S * S)] === 1 ? value : value + 5));
    const ids = Int32Array.of(4, 9, 2, 7, 7, 10);
    const after = await evaluateExactly(graph, { ...given, ...leaves, pixels, ids });
    assert.deepEqual(after.pooled, before.pooled);
    assert.deepEqual(after.words!.slice(0, -D), before.words!.slice(0, -D));
    const isKept = (i: number) => [3, 6, 9].every((padded) => Math.floor(i / D) % P !== padded);
    const kept = (values: Float64Array) => values.filter((_, i) => isKept(i));
    assert.deepEqual(kept(after.patches!), kept(before.patches!));
    assert.notDeepEqual(after.patches, before.patches);
  });

  void test(`${name}: every parameter learns, but keys' biases`, async () => {
    const second = config.pictures === 2 ? [model.fuse(image, text, 1).pooled] : [];
    const loss = [fused.words, fused.patches, fused.pooled, ...second]
      .map((x, i) => {
        const draw = rng("coefficients", i);
        return x
          .mul(
            constant(
              "f32",
              x.shape,
              Float32Array.from({ length: x.size }, () => draw.normal()),
            ),
          )
          .sumAll();
      })
      .reduce((sum, part) => sum.add(part));
    const slopes = gradients(
      loss,
      parameters.map(({ tensor }) => tensor),
    );
    const named = Object.fromEntries(parameters.map((parameter, i) => [parameter.name, slopes[i]!]));
    const got = await evaluateExactly(graphOf(named), { ...given, ...leaves });
    const still = Object.keys(got).filter((parameter) =>
      got[parameter]!.every((value) => Math.abs(value) < 1e-9),
    );
    assert.deepEqual(
      still,
      parameters.map((parameter) => parameter.name).filter((parameter) => parameter.endsWith(".key.bias")),
    );
  });
}

void test("a second picture has the third mark in place of the second", async () => {
  const { model, image, text, leaves } = built(small);
  const swapped = leaves.kinds!.slice();
  const E = 6;
  swapped.set(leaves.kinds!.subarray(2 * E), E);
  const second = graphOf({ pooled: model.fuse(image, text, 1).pooled });
  const first = graphOf({ pooled: model.fuse(image, text).pooled });
  const got = await evaluateExactly(second, { ...given, ...leaves });
  const expected = await evaluateExactly(first, { ...given, ...leaves, kinds: swapped });
  const without = await evaluateExactly(first, { ...given, ...leaves });
  const distance = (a: Float64Array, b: Float64Array) =>
    Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
  assert.ok(distance(got.pooled!, expected.pooled!) < 1e-12);
  assert.ok(distance(got.pooled!, without.pooled!) > 1e-3);
});

void test("as many parameters as Renaissance's one-tower models", () => {
  const count = (width: number, textLength: number, embedded = width) => {
    const config: OneTowerConfig = {
      image: { ...small.image, imageSize: 224, patch: 16, width: embedded },
      text: { ...small.text, vocab: 30522, textLength, width: embedded },
      tower: { ...small.tower, width, depth: 12, hidden: 4 * width },
      pooler: "double",
    };
    return countParameters(declare((at) => oneTower(at, config)).parameters);
  };
  // ELECTRA-small; ELECTRA-base, BERT-base and ViT-B/16; DINO ViT-S/16; the manual configuration of its experiment 1.
  assert.deepEqual(
    [count(256, 40, 128), count(768, 40), count(384, 50), count(448, 40, 768)],
    [13_710_976, 110_452_992, 33_701_760, 54_279_936],
  );
});
