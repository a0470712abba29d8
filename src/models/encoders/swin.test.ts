/** What is special about Swin; test/parity compares it with the published classes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly } from "../../backends/reference/finite-differences.ts";
import { rng } from "../../core/rng.ts";
import { sizeOf } from "../../core/shape.ts";
import { gradients } from "../../graph/grad.ts";
import { graphOf } from "../../graph/graph.ts";
import { apply, constant, full, type Tensor } from "../../graph/tensor.ts";
import { traced } from "../../graph/trace.ts";
import { countParameters, declare } from "../../nn/scope.ts";
import { type SwinConfig, swin } from "./swin.ts";

const plain: SwinConfig = {
  imageSize: [18, 10],
  patch: 2,
  window: 3,
  widths: [4, 6],
  depths: [2, 2],
  heads: [2, 3],
  expansion: 1.5,
  activation: "exact",
  dropout: 0.1,
  epsilon: 1e-5,
  absolutePositions: true,
  dropPath: 0.2,
};

const declared = (config: SwinConfig) => declare((at) => swin(at, config));

function noise(name: string, length: number): Float32Array {
  const random = rng(4, name);
  return Float32Array.from({ length }, () => random.normal());
}

function leavesOf({ parameters }: ReturnType<typeof declared>): Record<string, Float32Array> {
  return Object.fromEntries(
    parameters.map(({ name, shape }) => [name, noise(name, sizeOf(shape)).map((x) => 0.4 * x)]),
  );
}

// 9 x 5 patches, then 5 x 3: no whole windows, and an odd grid to merge.
const [B, Y, X] = [2, 18, 10];
const pixels = noise("pixels", B * 3 * Y * X);
const image = apply("input", { name: "pixels", type: { dtype: "f32", shape: [B, 3, Y, X] } });

void test("Swin-T and Swin-B have the published numbers of parameters", () => {
  const tiny = {
    ...plain,
    window: 7,
    patch: 4,
    widths: [96, 192, 384, 768],
    depths: [2, 2, 6, 2],
    heads: [3, 6, 12, 24],
  };
  const base = {
    ...tiny,
    window: 12,
    widths: [128, 256, 512, 1024],
    depths: [2, 2, 18, 2],
    heads: [4, 8, 16, 32],
  };
  const [t, b] = [tiny, base].map((config) =>
    countParameters(declared({ ...config, expansion: 4, absolutePositions: false }).parameters),
  );
  assert.deepEqual([t, b], [27_519_354, 86_878_584]);
});

void test("what lies at padding changes nothing, and its patches are marked", async () => {
  const built = declared(plain);
  // The second picture is 11 by 4: one line of its sixth row of patches, two columns of patches.
  const keep = Float32Array.from({ length: B * Y * X }, (_, i) =>
    Number(i < Y * X || (Math.floor((i % (Y * X)) / X) < 11 && i % X < 4)),
  );
  const state = built.model.encode({ pixels: image, keep: constant("bool", [B, Y, X], keep) });
  const graph = graphOf({ patches: state.patches, pooled: state.pooled, keep: state.keep! });
  const run = (picture: Float32Array) => evaluateExactly(graph, { pixels: picture, ...leavesOf(built) });
  const [first, second] = await Promise.all([
    run(pixels),
    run(
      pixels.map((value, i) =>
        i >= pixels.length / 2 && (i % X >= 4 || Math.floor(i / X) % Y >= 12) ? value + 5 : value,
      ),
    ),
  ]);
  const kept = [1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
  assert.deepEqual([...first.keep!], [...Array<number>(15).fill(1), ...kept]);
  assert.deepEqual([...second.pooled!], [...first.pooled!]);
  // Padding is zero wherever patches merge, so that not even its own states show it.
  assert.deepEqual(second.patches, first.patches);
});

void test("a mask that keeps everything is none", async () => {
  const built = declared(plain);
  const states = [undefined, full(1, "bool", [B, Y, X])].map((keep) =>
    built.model.encode({ pixels: image, keep }),
  );
  const graph = graphOf({ without: states[0]!.patches, with: states[1]!.patches });
  const found = await evaluateExactly(graph, { pixels, ...leavesOf(built) });
  assert.deepEqual(found.with, found.without);
});

void test("a grid smaller than the window is one window, whose distances are the middle of the table", async () => {
  const one = { ...plain, widths: [4], depths: [2], heads: [2], imageSize: 4, absolutePositions: false };
  const small = apply("input", { name: "pixels", type: { dtype: "f32", shape: [B, 3, 4, 4] } });
  const picture = pixels.slice(0, B * 3 * 16);
  const run = async (window: number, tables: (table: Float32Array) => Float32Array) => {
    const built = declared({ ...one, window });
    const leaves = Object.fromEntries(
      Object.entries(leavesOf(declared({ ...one, window: 3 }))).map(([name, values]) => [
        name,
        name.endsWith("distances") ? tables(values) : values,
      ]),
    );
    const { patches, attention } = built.model.encode({ pixels: small });
    assert.deepEqual(attention[1]!.shape, [B, 2, 4, 4]);
    return evaluateExactly(graphOf({ patches }), { pixels: picture, ...leaves });
  };
  const middle = (table: Float32Array) =>
    Float32Array.from([1, 2, 3].flatMap((row) => [...table.slice((5 * row + 1) * 2, (5 * row + 4) * 2)]));
  assert.deepEqual(await run(3, (table) => table), await run(2, middle));
});

void test("every parameter learns, but keys' biases, which move all scores of a query alike", async () => {
  const built = declared(plain);
  const key = apply("input", { name: "key", type: { dtype: "i32", shape: [1] } });
  const graph = traced({ mode: "train", key, isFrozen: () => false }, () => {
    const { patches } = built.model.encode({ pixels: image });
    const loss = patches.mul(constant("f32", patches.shape, noise("loss", patches.size))).sumAll();
    const found = gradients(
      loss,
      built.parameters.map(({ tensor }) => tensor),
    );
    return graphOf(Object.fromEntries(built.parameters.map(({ name }, i) => [name, found[i] as Tensor])));
  });
  const found = await evaluateExactly(graph, { pixels, key: Int32Array.of(9), ...leavesOf(built) });
  for (const { name } of built.parameters) {
    const largest = Math.max(...[...found[name]!].map(Math.abs));
    assert.equal(largest > 1e-9, !name.endsWith("key.bias"), `${name}: ${largest}`);
  }
});
