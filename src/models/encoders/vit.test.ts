/** What is special about the image transformer; test/parity compares it with the published classes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluate } from "../../backends/backend.ts";
import { referenceBackend } from "../../backends/reference/index.ts";
import { rng } from "../../core/rng.ts";
import { sizeOf } from "../../core/shape.ts";
import { gradients } from "../../graph/grad.ts";
import { graphOf } from "../../graph/graph.ts";
import { apply, constant } from "../../graph/tensor.ts";
import { declare, initialize } from "../../nn/scope.ts";
import { type VitConfig, vit } from "./vit.ts";

const plain: VitConfig = {
  imageSize: [4, 6],
  patch: 2,
  width: 6,
  depth: 2,
  heads: 3,
  hidden: 10,
  activation: "exact",
  dropout: 0.1,
  normFirst: false,
  epsilon: 1e-6,
};

const variants: Record<string, Partial<VitConfig>> = {
  plain: {},
  deit: { specials: ["class", "distillation"] },
  beit: {
    positions: "none",
    relativePositions: "both",
    layerScale: 0.1,
    projectionBias: "not-key",
    pooling: "mean",
    finalNorm: "summary",
  },
  clip: { normFirst: true, activation: "quick" },
  siglip: { specials: [], pooling: "attention", activation: "tanh" },
  dinov2: {
    registers: 3,
    gated: true,
    activation: "silu",
    layerScale: 1,
    interpolation: "smooth",
    projectionBias: "none",
  },
  mean: { pooling: "mean", finalNorm: "tokens", positions: "fixed", dropPath: 0.2 },
};

const [B, Y, X] = [2, 4, 8];

function declared(config: VitConfig) {
  const { model, parameters } = declare((at) => vit(at, config));
  const leaves = Object.fromEntries(
    parameters.map((parameter) => {
      const values = new Float32Array(sizeOf(parameter.shape));
      initialize(parameter, 3, values);
      // So that tables which start at zero show too.
      const noise = rng(4, parameter.name);
      return [parameter.name, values.map((value) => value + 0.3 * noise.normal())];
    }),
  );
  return { model, parameters, leaves };
}

const noise = rng(5, "pixels");
const pixels = Float32Array.from({ length: B * 3 * Y * X }, () => noise.normal());
const input = apply("input", { name: "pixels", type: { dtype: "f32", shape: [B, 3, Y, X] } });

for (const [name, variant] of Object.entries(variants)) {
  void test(`${name}: what lies at padding changes nothing, and its patches are marked`, async () => {
    const { model, leaves } = declared({ ...plain, ...variant });
    // The second picture has 3 of 4 columns of patches; one pixel of its third is enough to keep it.
    const keep = Float32Array.from({ length: B * Y * X }, (_, i) => Number(i < Y * X || i % X < 5));
    const state = model.encode({ pixels: input, keep: constant("bool", [B, Y, X], keep) });
    assert.equal(state.patches.shape[1], model.specials + 8);
    assert.equal(state.layers.length, 3);
    assert.equal(state.attention.length, 2);
    const graph = graphOf({ patches: state.patches, pooled: state.pooled, keep: state.keep! });
    const run = async (picture: Float32Array) =>
      evaluate(referenceBackend, graph, { pixels: picture, ...leaves });
    const first = await run(pixels);
    const changed = pixels.map((value, i) => (i >= pixels.length / 2 && i % X >= 6 ? value + 5 : value));
    const second = await run(changed);
    const kept = [...Array<number>(model.specials).fill(1), 1, 1, 1, 0, 1, 1, 1, 0];
    assert.deepEqual([...first.keep!].slice(kept.length), kept);
    assertNear(second.pooled!, [...first.pooled!]);
    const width = plain.width;
    for (const [token, isKept] of kept.entries()) {
      const rows = [first, second].map(({ patches }) =>
        Array.from(patches!).slice((kept.length + token) * width, (kept.length + token + 1) * width),
      ) as [number[], number[]];
      if (isKept) assertNear(rows[1], rows[0]);
      else assert.notDeepEqual(rows[1], rows[0]);
    }
  });
}

for (const [name, variant] of Object.entries(variants)) {
  void test(`${name}: every parameter learns, but keys' biases and what is fixed`, async () => {
    const { model, parameters, leaves } = declared({ ...plain, ...variant });
    const { patches, pooled } = model.encode({ pixels: input });
    const random = rng(6, name);
    const coefficients = Float32Array.from({ length: patches.size }, () => random.normal());
    const loss = patches
      .mul(constant("f32", patches.shape, coefficients))
      .sumAll()
      .add(pooled.mul(pooled).sumAll());
    const trained = parameters.filter(({ isBuffer }) => !isBuffer);
    const slopes = gradients(
      loss,
      trained.map(({ tensor }) => tensor),
    );
    const found = await evaluate(
      referenceBackend,
      graphOf(Object.fromEntries(trained.map((parameter, i) => [parameter.name, slopes[i]!]))),
      { pixels, ...leaves },
    );
    const still = trained.filter(
      (parameter) => !found[parameter.name]!.some((slope) => Math.abs(slope) > 1e-4),
    );
    assert.deepEqual(
      still,
      trained.filter((parameter) => parameter.name.endsWith("key.bias")),
    );
  });
}

test("what is less than a patch at the edges is not read", async () => {
  const { model, leaves } = declared({ ...plain, imageSize: 5 });
  const picture = (side: number) =>
    constant(
      "f32",
      [1, 3, side, side],
      Float32Array.from({ length: 3 * side * side }, (_, i) => {
        const [row, column] = [Math.floor(i / side) % side, i % side];
        return row < 4 && column < 4 ? Math.floor(i / side / side) + row - column : 99;
      }),
    );
  const graph = graphOf({
    whole: model.encode({ pixels: picture(4) }).patches,
    cut: model.encode({ pixels: picture(5) }).patches,
  });
  const { whole, cut } = await evaluate(referenceBackend, graph, leaves);
  assert.deepEqual([...cut!], [...whole!]);
});

test("relative positions need the class token alone in front", () => {
  assert.throws(
    () => declare((at) => vit(at, { ...plain, relativePositions: "each", specials: [] })),
    /relativePositions: expected the class token alone in front/,
  );
});

function assertNear(got: ArrayLike<number>, expected: readonly number[]): void {
  assert.equal(got.length, expected.length);
  for (const [i, value] of expected.entries())
    assert.ok(Math.abs(got[i]! - value) < 1e-5, `[${i}]: expected ${value}, got ${got[i]}`);
}
