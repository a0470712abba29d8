import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly } from "../backends/reference/finite-differences.ts";
import { rng } from "../core/rng.ts";
import { sizeOf } from "../core/shape.ts";
import { gradients } from "../graph/grad.ts";
import { graphOf } from "../graph/graph.ts";
import { apply, type Tensor } from "../graph/tensor.ts";
import { type Mode, traced } from "../graph/trace.ts";
import { countParameters, declare, initialize } from "../nn/scope.ts";
import { mimPixel } from "../objectives/mim-pixel.ts";
import { colours } from "./colours.ts";
import { type VlcConfig, vlc } from "./vlc.ts";

const base: VlcConfig = {
  image: {
    kind: "vit",
    imageSize: 384,
    patch: 16,
    width: 768,
    depth: 12,
    heads: 12,
    hidden: 3072,
    activation: "exact",
    dropout: 0,
    epsilon: 1e-6,
    normFirst: false,
    positions: "fixed",
    colours: colours.imagenet,
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
  removed: 0.6,
};

/** B pictures and texts, 3 * 4 patches of which a quarter is left, T words. */
const [B, T] = [2, 5];
const tiny: VlcConfig = {
  ...base,
  image: { ...base.image, imageSize: [6, 8], patch: 2, width: 8, depth: 2, heads: 2, hidden: 9 },
  text: { ...base.text, vocab: 11, textLength: 5, width: 8, dropout: 0 },
  removed: 0.75,
};

const decoder = {
  from: 8,
  patch: 2,
  grid: [3, 4],
  width: 4,
  depth: 1,
  heads: 2,
  hidden: 5,
  activation: "exact",
  dropout: 0,
  epsilon: 1e-6,
} as const;

const input = (name: string, dtype: "f32" | "i32" | "bool", ...shape: number[]) =>
  apply("input", { name, type: { dtype, shape } });

function build(config: VlcConfig, mode: Mode, padded = false) {
  const { model, parameters } = declare((at) => vlc(at, config));
  const key = mode === "train" ? input("key", "i32", 1) : undefined;
  const states = traced({ mode, key, isFrozen: () => false }, (): Record<string, Tensor> => {
    const keep = padded ? input("seen", "bool", B, 6, 8) : undefined;
    const image = model.encodeImage({ pixels: input("pixels", "f32", B, 3, 6, 8), keep });
    const text = model.encodeText({ ids: input("ids", "i32", B, T), keep: input("keep", "bool", B, T) });
    const { words, patches } = model.fuse(image, text);
    const { removal, keep: kept, layers } = image;
    const parts = { words, patches, first: layers[0]!, ...removal };
    return kept === undefined ? parts : { ...parts, kept: kept.cast("f32") };
  });
  return { graph: graphOf(states), parameters };
}

function leaves({ graph, parameters }: ReturnType<typeof build>) {
  const draw = rng("batch");
  const values = parameters
    .filter(({ name }) => name in graph.parameters)
    .map((parameter) => {
      const target = new Float32Array(sizeOf(parameter.shape));
      initialize(parameter, 3, target);
      return [parameter.name, target] as const;
    });
  return {
    pixels: Float32Array.from({ length: B * 3 * 6 * 8 }, () => draw.normal()),
    ids: Int32Array.from({ length: B * T }, () => draw.integer(11)),
    keep: Uint8Array.from([1, 1, 1, 1, 1, 1, 1, 1, 0, 0]),
    ...Object.fromEntries(values),
  };
}

test("VLC-base has the sizes of ViT-B/16 and BERT's tables; fixed positions do not count", () => {
  const { parameters } = declare((at) => vlc(at, base));
  const count = (part: string) => countParameters(parameters.filter(({ name }) => name.startsWith(part)));
  assert.equal(count("image."), 85_647_360);
  assert.equal(count("text."), 23_474_688);
  assert.equal(countParameters(parameters), 85_647_360 + 23_474_688 + 2 * 768 + 768 * 769);
});

test("training reads a quarter of the patches, others in each picture and at each step; evaluation reads all", async () => {
  const training = build(tiny, "train");
  const given = leaves(training);
  const step = (key: number) => evaluateExactly(training.graph, { ...given, key: Int32Array.of(key) });
  const [first, second] = [await step(1), await step(2)];
  assert.deepEqual(training.graph.outputs.patches!.shape, [B, 1 + 3, 8]);
  const all = build(tiny, "eval");
  assert.deepEqual(all.graph.outputs.patches!.shape, [B, 1 + 12, 8]);
  assert.ok(!("removed" in all.graph.outputs));
  const { first: embedded } = await evaluateExactly(all.graph, given);

  const rows = (values: Float64Array, b: number) => Array.from(values.subarray(b * 12, (b + 1) * 12));
  for (const { removed, places, first: left } of [first, second]) {
    for (let b = 0; b < B; b++) {
      assert.equal(rows(removed!, b).filter((gone) => gone === 1).length, 9);
      // What is left is embedded as it was among all, in the order that `places` says.
      rows(places!, b).forEach((place, patch) => {
        assert.equal(rows(removed!, b)[patch], place < 3 ? 0 : 1);
        if (place >= 3) return;
        const [from, to] = [(b * 13 + 1 + patch) * 8, (b * 4 + 1 + place) * 8];
        assert.deepEqual(left!.subarray(to, to + 8), embedded!.subarray(from, from + 8));
      });
    }
    assert.notDeepEqual(rows(removed!, 0), rows(removed!, 1));
  }
  assert.notDeepEqual(first.removed, second.removed);
});

test("a removed patch reaches nothing, and padding is known among what is left", async () => {
  const training = build(tiny, "train", true);
  const { graph } = training;
  // The two columns at the right of the second picture are padding: 3 of its 12 patches.
  const seen = Uint8Array.from({ length: B * 6 * 8 }, (_, i) => (i >= 48 && i % 8 >= 6 ? 0 : 1));
  const given = { ...leaves(training), seen, key: Int32Array.of(4) };
  const before = await evaluateExactly(graph, given);
  const pixels = given.pixels.map((value, i) => {
    const [b, y, x] = [Math.floor(i / 144), Math.floor(i / 8) % 6, i % 8];
    const patch = Math.floor(y / 2) * 4 + Math.floor(x / 2);
    return before.removed![b * 12 + patch] === 1 ? value + 1 : value;
  });
  assert.notDeepEqual(pixels, given.pixels);
  assert.deepEqual((await evaluateExactly(graph, { ...given, pixels })).words, before.words);
  for (let b = 0; b < B; b++) {
    for (let patch = 0; patch < 12; patch++) {
      const place = before.places![b * 12 + patch]!;
      if (place < 3) assert.equal(before.kept![b * 4 + 1 + place], b === 1 && patch % 4 === 3 ? 0 : 1);
    }
  }
});

test("the pixels of removed patches teach the patches that are left", async () => {
  const { model, parameters } = declare((at) => ({
    vlc: vlc(at, tiny),
    mim: mimPixel(at.in("mim"), decoder),
  }));
  const names = [
    "image.patches.weight",
    "image.blocks.0.feed.up.weight",
    "kinds",
    "mim.mask",
    "text.embedding.words",
  ];
  const slopes = traced({ mode: "train", key: input("key", "i32", 1), isFrozen: () => false }, () => {
    const pixels = input("pixels", "f32", B, 3, 6, 8);
    const image = model.vlc.encodeImage({ pixels });
    const text = model.vlc.encodeText({ ids: input("ids", "i32", B, T), keep: input("keep", "bool", B, T) });
    const { loss } = model.mim.loss(model.vlc.fuse(image, text), image.removal!, pixels);
    return gradients(
      loss,
      names.map((name) => parameters.find((parameter) => parameter.name === name)!.tensor),
    );
  });
  const graph = graphOf(Object.fromEntries(names.map((name, i) => [name, slopes[i]!])));
  const found = await evaluateExactly(graph, { ...leaves({ graph, parameters }), key: Int32Array.of(1) });
  for (const name of names)
    assert.ok(
      found[name]!.some((slope) => Math.abs(slope) > 1e-7),
      name,
    );
});
