import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly } from "../../backends/reference/finite-differences.ts";
import type { TypedArray } from "../../core/dtype.ts";
import { rng } from "../../core/rng.ts";
import { flops } from "../../graph/cost.ts";
import { gradients } from "../../graph/grad.ts";
import { type Graph, graphOf } from "../../graph/graph.ts";
import { apply, constant } from "../../graph/tensor.ts";
import { countParameters, declare, initialize } from "../../nn/scope.ts";
import { type ResnetConfig, resnet } from "./resnet.ts";

const fifty: ResnetConfig = {
  stem: 64,
  depths: [3, 4, 6, 3],
  widths: [256, 512, 1024, 2048],
  layer: "bottleneck",
  strideAt: 1,
  halveFirst: false,
};
const build = (config: ResnetConfig) => declare((at) => resnet(at.in("image"), config));
const input = (name: string, dtype: "f32" | "bool", ...shape: number[]) =>
  apply("input", { name, type: { dtype, shape } });

test("ResNet-50 has 25.6 M parameters and takes 8.2 GFLOP a picture, ResNet-18 11.7 M and 3.6", () => {
  const eighteen = { ...fifty, depths: [2, 2, 2, 2], widths: [64, 128, 256, 512], layer: "basic" } as const;
  const image = input("image", "f32", 1, 3, 224, 224);
  const of = (config: ResnetConfig) => {
    const { model, parameters } = build(config);
    return [
      countParameters(parameters),
      flops(graphOf({ y: model.encode({ pixels: image }).pooled })),
    ] as const;
  };
  // 25.6 M and 11.7 M include a classifier from the last width to 1000, and 4.1 and 1.8 G count multiply-adds.
  const [[large, largeFlops], [small, smallFlops]] = [of(fifty), of(eighteen)];
  assert.equal(large, 25_557_032 - 1000 * 2049);
  assert.equal(small, 11_689_512 - 1000 * 513);
  assert.ok(Math.abs(largeFlops / 8.17e9 - 1) < 0.01 && Math.abs(smallFlops / 3.63e9 - 1) < 0.01);
});

// Not multiples of 16, so that every stride leaves pixels over: the grids are 10 x 7, 5 x 4 and 3 x 2.
const [B, Y, X] = [2, 38, 27];
const configs: Record<string, ResnetConfig> = {
  "bottlenecks of v1.5": {
    stem: 3,
    depths: [1, 2],
    widths: [8, 12],
    layer: "bottleneck",
    strideAt: 1,
    halveFirst: false,
  },
  "bottlenecks of the paper": {
    stem: 3,
    depths: [2, 1],
    widths: [8, 12],
    layer: "bottleneck",
    strideAt: 0,
    halveFirst: false,
  },
  "basic layers": { stem: 5, depths: [1, 1], widths: [5, 7], layer: "basic", strideAt: 1, halveFirst: true },
};
const draw = rng("pictures");
const pixels = Float32Array.from({ length: B * 3 * Y * X }, () => draw.normal());

async function run(graph: Graph, { parameters }: ReturnType<typeof build>, fed: Record<string, TypedArray>) {
  const leaves: Record<string, TypedArray> = { ...fed };
  for (const parameter of parameters) {
    const values = new Float32Array(parameter.tensor.size);
    initialize(parameter, 3, values);
    const noise = rng("noise", parameter.name);
    leaves[parameter.name] = values.map((value) => value + 0.1 * Math.abs(noise.normal()));
  }
  const names = Object.keys({ ...graph.inputs, ...graph.parameters });
  return evaluateExactly(graph, Object.fromEntries(names.map((name) => [name, leaves[name]!])));
}

for (const [name, config] of Object.entries(configs)) {
  const built = build(config);
  const image = input("pixels", "f32", B, 3, Y, X);
  const [first, last] = config.halveFirst ? [5 * 4, 3 * 2] : [10 * 7, 5 * 4];

  test(`${name}: grids shrink by the stride, and the picture is the mean of the last`, async () => {
    const { patches, pooled, layers, attention } = built.model.encode({ pixels: image });
    assert.deepEqual(
      layers.map(({ shape }) => shape),
      [
        [B, 10 * 7, config.stem],
        [B, first, config.widths[0]!],
        [B, last, config.widths[1]!],
      ],
    );
    assert.deepEqual(attention, []);
    const states = await run(graphOf({ patches, pooled }), built, { pixels });
    const width = config.widths[1]!;
    for (let i = 0; i < B * width; i++) {
      const [b, channel] = [Math.floor(i / width), i % width];
      let sum = 0;
      for (let cell = 0; cell < last; cell++) sum += states.patches![(b * last + cell) * width + channel]!;
      // 1 / last is a constant in single precision.
      assert.ok(Math.abs(states.pooled![i]! - sum / last) <= (1e-7 * sum) / last);
    }
  });

  test(`${name}: every parameter learns, and what stands in the padding changes nothing`, async () => {
    const keepInput = input("keep", "bool", B, Y, X);
    const state = built.model.encode({ pixels: image, keep: keepInput });
    // The first picture is 20 pixels high and whole in width, the second whole.
    const keep = Uint8Array.from({ length: B * Y * X }, (_, i) => (i < Y * X && i >= 20 * X ? 0 : 1));
    const graph = graphOf({ keep: state.keep!, pooled: state.pooled });
    const before = await run(graph, built, { pixels, keep });
    const noise = rng("padding");
    const changed = pixels.map((value, i) =>
      i < 3 * Y * X && i % (Y * X) >= 20 * X ? noise.normal() : value,
    );
    const after = await run(graph, built, { pixels: changed, keep });
    assert.deepEqual(after, before);
    const columns = config.halveFirst ? 2 : 4;
    const keptRows = config.halveFirst ? 2 : 3;
    assert.deepEqual(
      [...before.keep!],
      Array.from({ length: B * last }, (_, i) => (i < last && i >= keptRows * columns ? 0 : 1)),
    );

    const random = rng("coefficients");
    const coefficients = Float32Array.from({ length: state.pooled.size }, () => random.normal());
    const loss = state.pooled.mul(constant("f32", state.pooled.shape, coefficients)).sumAll();
    const learning = built.parameters.filter(({ isBuffer }) => !isBuffer);
    const slopes = gradients(
      loss,
      learning.map(({ tensor }) => tensor),
    );
    const byName = Object.fromEntries(learning.map((parameter, i) => [parameter.name, slopes[i]!]));
    for (const [parameter, slope] of Object.entries(await run(graphOf(byName), built, { pixels, keep })))
      assert.ok(
        slope.some((value) => Math.abs(value) > 1e-6),
        parameter,
      );
  });
}

test("names of parameters are those of stored checkpoints", () => {
  const { parameters } = build(configs["basic layers"]!);
  const unit = (at: string) =>
    ["convolution.weight", "norm.weight", "norm.bias", "norm.mean", "norm.variance"].map(
      (name) => `image.${at}.${name}`,
    );
  assert.deepEqual(
    parameters.map((parameter) => parameter.name),
    [
      "stem",
      ...["units.0", "units.1", "shortcut"].map((part) => `stages.0.0.${part}`),
      ...["units.0", "units.1", "shortcut"].map((part) => `stages.1.0.${part}`),
    ].flatMap(unit),
  );
});
