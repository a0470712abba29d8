import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly } from "../backends/reference/finite-differences.ts";
import type { TypedArray } from "../core/dtype.ts";
import { rng } from "../core/rng.ts";
import { sizeOf } from "../core/shape.ts";
import { flops } from "../graph/cost.ts";
import { graphOf } from "../graph/graph.ts";
import { apply, type Tensor } from "../graph/tensor.ts";
import { type Mode, traced } from "../graph/trace.ts";
import { wordHead } from "../nn/heads.ts";
import { countParameters, declare, type Scope } from "../nn/scope.ts";
import { colours } from "./colours.ts";
import { imageTower, textTower } from "./encoders/index.ts";
import { type ViltConfig, vilt } from "./vilt.ts";

const base: ViltConfig = {
  image: {
    kind: "vit",
    imageSize: 384,
    patch: 32,
    width: 768,
    depth: 12,
    heads: 12,
    hidden: 3072,
    activation: "exact",
    dropout: 0.1,
    epsilon: 1e-6,
    normFirst: false,
    colours: colours.halves,
  },
  text: {
    kind: "words",
    vocab: 30522,
    textLength: 40,
    positionOffset: 0,
    segments: 2,
    width: 768,
    dropout: 0.1,
    epsilon: 1e-12,
  },
  pictures: 1,
};

const input = (name: string, dtype: "f32" | "i32" | "bool", ...shape: number[]) =>
  apply("input", { name, type: { dtype, shape } });

test("ViLT-B/32 has the paper's sizes", () => {
  const { model, parameters } = declare((at) => ({
    vilt: vilt(at, base),
    words: wordHead(at.in("mlm"), { width: 768, classes: 30522, epsilon: 1e-12 }),
  }));
  const count = (...parts: string[]) =>
    countParameters(parameters.filter(({ name }) => parts.some((part) => name.startsWith(part))));
  // Kim et al. 2021, table 6: 87.4 M are blocks and patch projection; positions and pooler do not count.
  assert.equal(count("image.blocks.", "image.patches.", "image.norm."), 87_416_064);
  assert.equal(count("image.", "kinds"), 87_529_728);
  // Its footnote: 23.5 M for the text's tables.
  assert.equal(count("text."), 23_474_688);

  // A picture of 384 x 640 has 240 patches, of which 200 are read, and the class token stands in front of them.
  const text = model.vilt.encodeText({ ids: input("ids", "i32", 1, 40), keep: input("keep", "bool", 1, 40) });
  const image = model.vilt.encodeImage({ pixels: input("pixels", "f32", 1, 3, 384, 640), most: 200 });
  const { words, patches, pooled } = model.vilt.fuse(image, text);
  const [N, D] = [241, 768];
  const blocks = 12 * (2 * N * D * (4 * D + 2 * 3072) + 2 * 2 * N * N * D);
  const embedding = 2 * 240 * 3072 * D;
  const positions = 2 * 12 * 12 * 12 * D + 2 * 12 * 20 * 12 * D;
  assert.equal(flops(graphOf({ words, patches })), blocks + embedding + positions);
  // The paper says 55.9 G and not what is counted. Two a multiply-add, with the head for masked words on words and
  // patches alike, is the reading that comes near.
  const everywhere = flops(graphOf({ pooled, words: model.words(words), patches: model.words(patches) }));
  assert.ok(Math.abs(everywhere / 55.9e9 - 1) < 0.002, `${everywhere}`);
});

/** Two blocks on patches of 2 pixels, positions of a 3 x 3 grid. */
function tiny(patchLimit?: number): ViltConfig {
  const shared = { width: 12, dropout: 0 };
  return {
    image: { ...base.image, ...shared, imageSize: 6, patch: 2, depth: 2, heads: 3, hidden: 10, patchLimit },
    text: { ...base.text, ...shared, vocab: 11, textLength: 7 },
    pictures: 1,
  };
}

const noise = (length: number, ...key: (string | number)[]) => {
  const random = rng(...key);
  return Float32Array.from({ length }, () => random.normal());
};

interface Reading {
  readonly keep?: Uint8Array;
  readonly mode?: Mode;
  readonly key?: number;
  readonly limit?: number;
  readonly most?: number;
}

/** What ViLT makes of pictures f32[B,3,Y,X] beside a text of 4 words, one of them padding. */
async function read(
  shape: readonly [B: number, Y: number, X: number],
  pixels: Float32Array,
  { keep, mode = "eval", key = 1, limit, most }: Reading,
) {
  const [B, Y, X] = shape;
  const { model, parameters } = declare((at) => vilt(at, tiny(limit)));
  const leaf = input("key", "i32", 1);
  let kept: Tensor | undefined;
  let places: Tensor | undefined;
  const graph = traced({ mode, key: leaf, isFrozen: () => false }, () => {
    const image = model.encodeImage({
      pixels: input("pixels", "f32", B, 3, Y, X),
      ...(keep && { keep: input("imageKeep", "bool", B, Y, X) }),
      most,
    });
    const text = model.encodeText({ ids: input("ids", "i32", B, 4), keep: input("keep", "bool", B, 4) });
    const { words, patches, pooled } = model.fuse(image, text);
    kept = image.keep;
    places = image.places;
    return graphOf({
      words,
      patches,
      pooled,
      ...(kept && { kept: kept.cast("f32") }),
      ...(places && { places: places.cast("f32") }),
    });
  });
  const leaves: Record<string, TypedArray> = {
    pixels,
    ids: Int32Array.from({ length: B * 4 }, (_, i) => (i * 3) % 11),
    keep: Uint8Array.from({ length: B * 4 }, (_, i) => (i % 4 === 3 ? 0 : 1)),
    key: Int32Array.of(key),
    ...(keep && { imageKeep: keep }),
    ...Object.fromEntries(
      parameters.map(({ name, shape }) => [name, noise(sizeOf(shape), name).map((x) => 0.3 * x)]),
    ),
  };
  const used = Object.keys({ ...graph.inputs, ...graph.parameters });
  return evaluateExactly(graph, Object.fromEntries(used.map((name) => [name, leaves[name]!])));
}

/** Picture `inner` at the top left of a canvas filled with `rest`. */
function onCanvas(
  inner: Float32Array,
  [h, w]: readonly number[],
  [Y, X]: readonly [number, number],
  rest: Float32Array,
) {
  return rest.map((value, i) => {
    const [colour, y, x] = [Math.floor(i / (Y * X)), Math.floor(i / X) % Y, i % X];
    return y < h! && x < w! ? inner[(colour * h! + y) * w! + x]! : value;
  });
}

const assertNear = (got: Float64Array, expected: Float64Array) => {
  assert.equal(got.length, expected.length);
  expected.forEach((value, i) => {
    assert.ok(Math.abs(got[i]! - value) < 1e-9, `[${i}]: ${got[i]} instead of ${value}`);
  });
};

test("a picture on a larger canvas reads as it does alone, whatever stands in the padding", async () => {
  const [Y, X] = [8, 10];
  for (const [h, w] of [
    [8, 10],
    [6, 6],
    [2, 8],
    [4, 2],
  ] as const) {
    const picture = noise(3 * h * w, "picture", h);
    const alone = await read([1, h, w], picture, {});
    const keep = Uint8Array.from({ length: Y * X }, (_, i) => (Math.floor(i / X) < h && i % X < w ? 1 : 0));
    for (const filler of ["one", "other"]) {
      const canvas = onCanvas(picture, [h, w], [Y, X], noise(3 * Y * X, filler));
      const padded = await read([1, Y, X], canvas, { keep });
      const words = (state: Float64Array) => state.subarray(0, 3 * 12);
      assertNear(words(padded.words!), words(alone.words!));
      assertNear(padded.pooled!, alone.pooled!);
      const rows = [...padded.kept!.keys()].filter((row) => padded.kept![row] === 1);
      assert.equal(rows.length, 1 + (h / 2) * (w / 2));
      const kept = Float64Array.from(
        rows.flatMap((row) => [...padded.patches!.subarray(row * 12, row * 12 + 12)]),
      );
      assertNear(kept, alone.patches!);
    }
  }
});

test("training shows at most so many patches of a picture, drawn among its own; evaluation shows all", async () => {
  const [B, Y, X] = [2, 6, 8];
  const pixels = noise(B * 3 * Y * X, "pixels");
  // The second picture has 3 of the 12 patches.
  const keep = Uint8Array.from({ length: B * Y * X }, (_, i) =>
    i < Y * X || (i % (Y * X) < 2 * X && i % X < 6) ? 1 : 0,
  );
  const draw = (key: number) => read([B, Y, X], pixels, { keep, mode: "train", key, limit: 5 });
  const drawn = new Set<number>();
  for (const key of [1, 2, 3, 4, 5, 6, 7, 8]) {
    const { places, kept, patches } = await draw(key);
    assert.equal(patches!.length, B * 6 * 12);
    const [first, second] = [places!.subarray(0, 5), places!.subarray(5)];
    assert.equal(new Set(first).size, 5);
    assert.deepEqual([...second].slice(0, 3).sort(), [0, 1, 2]);
    assert.deepEqual([...kept!], [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0]);
    for (const place of first) drawn.add(place);
  }
  assert.ok(drawn.size > 9, `${drawn.size} places in 40 draws`);
  assert.deepEqual((await draw(3)).pooled, (await draw(3)).pooled);
  const all = await read([B, Y, X], pixels, { keep, limit: 5 });
  assert.equal(all.patches!.length, B * 13 * 12);
  assert.equal(all.places, undefined);
});

test("places that no picture fills are not read, which changes nothing; of the others training draws", async () => {
  const [B, Y, X] = [2, 8, 8];
  // 2 x 4 and 3 x 1 of the 16 patches.
  const keep = Uint8Array.from({ length: B * Y * X }, (_, i) => {
    const [b, y, x] = [Math.floor(i / (Y * X)), Math.floor(i / X) % Y, i % X];
    return (b === 0 ? y < 4 : y < 6 && x < 2) ? 1 : 0;
  });
  const pixels = noise(B * 3 * Y * X, "pixels");
  const [all, most] = [
    await read([B, Y, X], pixels, { keep }),
    await read([B, Y, X], pixels, { keep, most: 8 }),
  ];
  assert.deepEqual([...most.places!.subarray(0, 8)], [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual([...most.places!.subarray(8, 11)], [0, 4, 8]);
  assert.equal(most.patches!.length, B * 9 * 12);
  assertNear(most.words!, all.words!);
  assertNear(most.pooled!, all.pooled!);
  const drawn = await read([B, Y, X], pixels, { keep, most: 8, mode: "train", limit: 5 });
  assert.equal(drawn.places!.length, B * 5);
  assert.ok(drawn.places!.subarray(0, 5).every((place) => place < 8));
  const few = await read([B, Y, X], pixels, { keep, most: 8, mode: "train", limit: 9 });
  assertNear(few.pooled!, most.pooled!);
});

test("a published ViT and published word tables fill it: parameters have their names and shapes", () => {
  const { image, text, pictures } = tiny();
  const shapes = (build: (at: Scope) => unknown) =>
    Object.fromEntries(declare(build).parameters.map(({ name, shape }) => [name, shape]));
  const ours = shapes((at) => vilt(at, { image, text, pictures }));
  const towers = shapes((at) => [imageTower(at.in("image"), image), textTower(at.in("text"), text)]);
  assert.deepEqual(ours, {
    ...towers,
    kinds: [2, 12],
    "pooler.dense.weight": [12, 12],
    "pooler.dense.bias": [12],
  });
});

test("words and patches must be equally wide", () => {
  const { image, text, pictures } = tiny();
  assert.throws(
    () => declare((at) => vilt(at.in("model"), { image, text: { ...text, width: 8 }, pictures })),
    /model, text.width/,
  );
});
