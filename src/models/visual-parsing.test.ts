import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly } from "../backends/reference/finite-differences.ts";
import { rng } from "../core/rng.ts";
import { sizeOf } from "../core/shape.ts";
import { gradients } from "../graph/grad.ts";
import { graphOf } from "../graph/graph.ts";
import { apply, constant } from "../graph/tensor.ts";
import { interModalityFlow } from "../metrics/inter-modality-flow.ts";
import { countParameters, declare } from "../nn/scope.ts";
import { hideRelated, mfr } from "../objectives/mfr.ts";
import { colours } from "./colours.ts";
import { rollOut } from "./fusions/attention-flow.ts";
import { type VisualParsingConfig, visualParsing } from "./visual-parsing.ts";

/** P = (24 / 4 / 2)^2 patches of 12 channels: the last grid is one window. */
const [B, T, S, P, D, H] = [2, 4, 24, 9, 10, 5];
const swin = {
  kind: "swin",
  colours: colours.imagenet,
  imageSize: S,
  patch: 4,
  window: 3,
  widths: [6, 12],
  depths: [1, 2],
  heads: [2, 3],
  expansion: 2,
  activation: "exact",
  dropout: 0,
  epsilon: 1e-5,
  absolutePositions: false,
} as const;
const small: VisualParsingConfig = {
  image: swin,
  text: {
    kind: "bert",
    vocab: 13,
    textLength: 6,
    positionOffset: 0,
    segments: 2,
    width: D,
    depth: 2,
    heads: H,
    hidden: 14,
    activation: "exact",
    norm: "post",
    dropout: 0,
    epsilon: 1e-12,
  },
};
const input = (name: string, dtype: "f32" | "i32" | "bool", ...shape: number[]) =>
  apply("input", { name, type: { dtype, shape } });
const { model, parameters } = declare((at) => visualParsing(at, small));
const image = model.encodeImage({ pixels: input("pixels", "f32", B, 3, S, S) });
const text = model.encodeText({ ids: input("ids", "i32", B, T), keep: input("keep", "bool", B, T) });
const fused = model.fuse(image, text);

const given = {
  pixels: Float64Array.from({ length: B * 3 * S * S }, (_, i) => Math.sin(0.37 * i)),
  ids: Int32Array.of(2, 7, 9, 3, 2, 5, 3, 0),
  keep: Uint8Array.of(1, 1, 1, 1, 1, 1, 1, 0),
};
const leaves = Object.fromEntries(
  parameters.map(({ name, shape }) => {
    const draw = rng(name);
    const isNorm = /[nN]orm\.weight$/.test(name);
    return [name, Float64Array.from({ length: sizeOf(shape) }, () => (isNorm ? 1 : 0) + 0.3 * draw.normal())];
  }),
);

void test("states have the sizes the contract says, and padding changes nothing that is kept", async () => {
  const graph = graphOf({
    words: fused.words,
    patches: fused.patches,
    pooled: fused.pooled,
    attention: fused.attention,
  });
  assert.deepEqual(
    Object.values(graph.outputs).map(({ shape }) => shape),
    [
      [B, T, D],
      [B, P, D],
      [B, D],
      [B, H, T, P],
    ],
  );
  const before = await evaluateExactly(graph, { ...given, ...leaves });
  const ids = given.ids.map((id, i) => (i === B * T - 1 ? 12 : id));
  const after = await evaluateExactly(graph, { ...given, ...leaves, ids });
  for (const state of ["patches", "pooled"] as const) assert.deepEqual(after[state], before[state]);
  assert.deepEqual(after.words!.slice(0, -D), before.words!.slice(0, -D));
  assert.notDeepEqual(after.words, before.words);
});

void test("every parameter learns, but keys' biases", async () => {
  const loss = [fused.words, fused.patches, fused.pooled]
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
  const named = Object.fromEntries(parameters.map(({ name }, i) => [name, slopes[i]!]));
  const got = await evaluateExactly(graphOf(named), { ...given, ...leaves });
  const still = Object.keys(got).filter((name) => got[name]!.every((value) => Math.abs(value) < 1e-9));
  assert.deepEqual(
    still,
    parameters.map(({ name }) => name).filter((name) => name.endsWith(".key.bias")),
  );
});

void test("without queries every token attends to all alike, and the flow between modalities is known", async () => {
  const graph = graphOf({
    attention: fused.attention,
    rolled: rollOut(fused.flow),
  });
  const used = Object.keys(graph.parameters).map((name) => {
    const isQuery = /^text\.blocks\.\d\.attention\.query/.test(name);
    return [name, isQuery ? new Float64Array(leaves[name]!.length) : leaves[name]!] as const;
  });
  const got = await evaluateExactly(graph, { ...given, ...Object.fromEntries(used) });
  const N = T + P;
  const expected = got.attention!.map((_, i) => 1 / (N - Math.floor(i / (H * T * P))));
  assert.ok(got.attention!.every((weight, i) => Math.abs(weight - expected[i]!) < 1e-7));
  // A layer keeps half and takes half from the mean of n tokens; two layers keep a quarter.
  for (const [b, words] of [T, T - 1].entries()) {
    const n = words + P;
    const ofPair = got.rolled!.subarray(b * N * N, (b + 1) * N * N);
    const keep = Array.from({ length: N }, (_, i) => (i >= words && i < T ? 0 : 1));
    const { toWords, toPatches, total } = interModalityFlow(ofPair, { words: T, patches: P, keep });
    const exchanged = (0.75 * words * P) / n ** 2;
    for (const [value, known] of [
      [toWords, exchanged],
      [toPatches, exchanged],
      [total, 2 * exchanged],
    ] as const)
      assert.ok(Math.abs(value - known) < 1e-6, `${value} instead of ${known}`);
  }
});

void test("features are hidden by the tower's own attention, and only the fusion misses them", async () => {
  const { image: seen, hidden } = hideRelated(image, model.specials, { rate: 0.4, group: 2 });
  const { model: regress, parameters: head } = declare((at) => mfr(at.in("mfr"), { width: D, features: 12 }));
  const { loss } = regress(model.fuse(seen, text), hidden, image.patches);
  const graph = graphOf({ loss, hidden, features: image.patches });
  const zeros = Object.fromEntries(head.map(({ name, shape }) => [name, new Float64Array(sizeOf(shape))]));
  const names = Object.keys(graph.parameters);
  const all: Record<string, Float64Array> = { ...leaves, ...zeros };
  const used = Object.fromEntries(names.map((name) => [name, all[name]!]));
  const got = await evaluateExactly(graph, { ...given, ...used });
  // A head of zeros leaves the mean square of the hidden features.
  const squares = [...got.features!]
    .filter((_, i) => got.hidden![Math.floor(i / 12)] === 1)
    .map((x) => x * x);
  assert.ok(squares.length >= B * 2 * 12 && squares.length <= B * 4 * 12);
  assert.ok(Math.abs(got.loss![0]! - squares.reduce((a, b) => a + b) / squares.length) < 1e-6);
});

void test("Swin-B and BERT-base: 86.9 M + 108.9 M parameters, and what joins them", () => {
  const base: VisualParsingConfig = {
    image: {
      ...swin,
      imageSize: 384,
      window: 12,
      widths: [128, 256, 512, 1024],
      depths: [2, 2, 18, 2],
      heads: [4, 8, 16, 32],
      expansion: 4,
    },
    text: { ...small.text, vocab: 30522, textLength: 512, width: 768, depth: 12, heads: 12, hidden: 3072 },
  };
  const { parameters: all } = declare((at) => visualParsing(at, base));
  const under = (part: string) => countParameters(all.filter(({ name }) => name.startsWith(`${part}.`)));
  assert.equal(under("text"), 108_891_648);
  assert.equal(
    under("projectPatches") + under("patchNorm") + under("pooler"),
    1024 * 768 + 768 + 2 * 768 + 768 * 769,
  );
  assert.equal(under("image"), 86_878_584);
  assert.equal(countParameters(all), 86_878_584 + 108_891_648 + 1_379_328);
});
