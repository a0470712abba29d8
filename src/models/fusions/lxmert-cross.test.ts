import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly } from "../../backends/reference/finite-differences.ts";
import { rng } from "../../core/rng.ts";
import { sizeOf } from "../../core/shape.ts";
import { gradients } from "../../graph/grad.ts";
import { graphOf } from "../../graph/graph.ts";
import { apply, constant } from "../../graph/tensor.ts";
import { countParameters, declare } from "../../nn/scope.ts";
import { colours } from "../colours.ts";
import { meter } from "../meter.ts";
import type { FusionConfig } from "./contract.ts";
import { lxmertCross } from "./lxmert-cross.ts";

const [C, T, P, D] = [2, 3, 5, 4];
const config: FusionConfig = {
  depth: 2,
  width: D,
  heads: 2,
  hidden: 7,
  activation: "exact",
  norm: "post",
  dropout: 0,
  epsilon: 1e-12,
};
const input = (name: string, dtype: "f32" | "bool", ...shape: number[]) =>
  apply("input", { name, type: { dtype, shape } });

function built(norm: "pre" | "post") {
  const { model, parameters } = declare((at) =>
    lxmertCross(at.in("f"), { ...config, norm }, { specials: 1 }),
  );
  const keep = input("keepPatches", "bool", C, P);
  const state = model.fuse(
    { patches: input("patches", "f32", C, P, D), keep },
    { words: input("words", "f32", C, T, D), keep: input("keepWords", "bool", C, T) },
  );
  const leaves = Object.fromEntries(
    parameters.map(({ name, shape }) => {
      const draw = rng(name);
      return [name, Float64Array.from({ length: sizeOf(shape) }, () => 0.4 * draw.normal())];
    }),
  );
  return { parameters, state, leaves };
}

const wave = (length: number, speed: number) => Float64Array.from({ length }, (_, i) => Math.sin(speed * i));
const given = {
  words: wave(C * T * D, 1.7),
  patches: wave(C * P * D, 0.9),
  keepWords: Uint8Array.of(1, 1, 1, 1, 1, 0),
  keepPatches: Uint8Array.of(1, 1, 1, 0, 0, 1, 1, 1, 1, 1),
};

for (const norm of ["pre", "post"] as const) {
  void test(`${norm}-norm: what stands in the padding changes nothing that is kept`, async () => {
    const { state, leaves } = built(norm);
    const graph = graphOf({ words: state.words, patches: state.patches, pooled: state.pooled });
    const before = await evaluateExactly(graph, { ...given, ...leaves });
    const words = given.words.map((value, i) => (i >= (C * T - 1) * D ? value + 3 : value));
    const patches = given.patches.map((value, i) => (i >= 3 * D && i < P * D ? value - 2 : value));
    const after = await evaluateExactly(graph, { ...given, ...leaves, words, patches });
    assert.deepEqual(after.pooled, before.pooled);
    assert.deepEqual(after.words!.slice(0, -D), before.words!.slice(0, -D));
    assert.deepEqual(after.patches!.slice(0, 3 * D), before.patches!.slice(0, 3 * D));
    assert.deepEqual(after.patches!.slice(P * D), before.patches!.slice(P * D));
    assert.notDeepEqual(after.words, before.words);
  });

  void test(`${norm}-norm: every parameter learns, but keys' biases`, async () => {
    const { parameters, state, leaves } = built(norm);
    const loss = [state.words, state.patches, state.pooled]
      .map((x, i) => x.mul(constant("f32", x.shape, wave(x.size, 2.3 + i))).sumAll())
      .reduce((sum, part) => sum.add(part));
    const slopes = gradients(
      loss,
      parameters.map(({ tensor }) => tensor),
    );
    const named = Object.fromEntries(parameters.map(({ name }, i) => [name, slopes[i]!]));
    const got = await evaluateExactly(graphOf(named), { ...given, ...leaves });
    const still = Object.keys(got).filter((name) => got[name]!.every((value) => Math.abs(value) < 1e-9));
    assert.deepEqual(
      still,
      parameters.map(({ name }) => name).filter((name) => name.endsWith(".key.bias")),
    );
  });
}

void test("one set of cross-attention weights serves both directions", async () => {
  const { parameters, state, leaves } = built("post");
  const cross = parameters.filter(({ name }) => name.startsWith("f.layers.0.cross"));
  assert.equal(countParameters(cross), 4 * (D * D + D) + 2 * D);
  const graph = graphOf({ words: state.words, patches: state.patches, pooled: state.pooled });
  const before = await evaluateExactly(graph, { ...given, ...leaves });
  const name = "f.layers.0.cross.value.weight";
  const changed = { ...leaves, [name]: leaves[name]!.map((value, i) => value + i / 5) };
  const after = await evaluateExactly(graph, { ...given, ...changed });
  for (const stream of ["words", "patches"] as const) assert.notDeepEqual(after[stream], before[stream]);
});

void test("two steps of flow a layer, whose rows sum to 1 where tokens are kept", async () => {
  const { state, leaves } = built("post");
  assert.equal(state.flow.length, 2 * config.depth);
  const graph = graphOf(Object.fromEntries(state.flow.map((step, i) => [`step${i}`, step])));
  const N = T + P;
  const used = Object.fromEntries(Object.keys(graph.parameters).map((name) => [name, leaves[name]!]));
  for (const step of Object.values(await evaluateExactly(graph, { ...given, ...used }))) {
    assert.equal(step.length, C * N * N);
    for (let row = 0; row < C * N; row++) {
      const sum = step.subarray(row * N, (row + 1) * N).reduce((a, b) => a + b);
      assert.ok(Math.abs(sum - 1) < 1e-6, `row ${row} sums to ${sum}`);
      assert.ok(step[row * N + (row % N)]! >= 0.5);
    }
  }
});

/** Shapes of google/vit-base, DINO's ViT-S/16, a ViT of DeiT-Ti's size, and google/electra-{small,base}-discriminator. */
const vit = (width: number, heads: number) =>
  ({
    kind: "vit",
    colours: colours.halves,
    imageSize: 224,
    patch: 16,
    width,
    depth: 12,
    heads,
    hidden: 4 * width,
    activation: "exact",
    dropout: 0,
    normFirst: false,
    epsilon: 1e-12,
  }) as const;
const electra = (width: number, heads: number, embeddingWidth?: number) =>
  ({
    kind: "bert",
    vocab: 30522,
    textLength: 512,
    positionOffset: 0,
    segments: 2,
    width,
    embeddingWidth,
    depth: 12,
    heads,
    hidden: 4 * width,
    activation: "exact",
    norm: "post",
    dropout: 0.1,
    epsilon: 1e-12,
  }) as const;

void test("as many parameters as Renaissance's two-tower models, but for the poolers of vision towers, which it never uses", () => {
  const counts = [
    [vit(192, 3), electra(256, 4, 128), 256, 6],
    [vit(384, 6), electra(256, 4, 128), 292, 6],
    [vit(768, 12), electra(768, 12), 256, 10],
  ] as const;
  assert.deepEqual(
    counts.map(([image, text, width, depth]) => {
      const fusion = { ...config, kind: "lxmert-cross", depth, width, heads: 4, hidden: 4 * width } as const;
      return countParameters(declare((at) => meter(at, { image, text, fusion })).parameters);
    }),
    [30_350_976 - 37_056, 50_036_088 - 147_840, 214_238_720 - 590_592],
  );
});
