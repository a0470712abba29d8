/** Every objective on every kind of model, at sizes that differ. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { evaluateExactly } from "../backends/reference/finite-differences.ts";
import type { TypedArray } from "../core/dtype.ts";
import { rng } from "../core/rng.ts";
import { sizeOf } from "../core/shape.ts";
import { flops } from "../graph/cost.ts";
import { gradients } from "../graph/grad.ts";
import { type Graph, graphOf } from "../graph/graph.ts";
import type { TensorType } from "../graph/ops/definition.ts";
import { apply, type Tensor } from "../graph/tensor.ts";
import { type Mode, traced } from "../graph/trace.ts";
import { colours } from "../models/colours.ts";
import type { DualModel } from "../models/contracts.ts";
import { patchSide } from "../models/encoders/index.ts";
import { buildModel, type ModelConfig } from "../models/index.ts";
import { declare, initialize, type Parameter } from "../nn/scope.ts";
import { type PretrainConfig, pretrain, pretrainBatch } from "./pretrain.ts";

const [B, T, S, V] = [4, 5, 8, 13];

const blocks = { depth: 1, activation: "exact", dropout: 0 } as const;
const stack = { ...blocks, width: 12, heads: 4, hidden: 15, norm: "pre", epsilon: 1e-6 } as const;
const picture = { kind: "vit", colours: colours.clip, imageSize: S, patch: 4, normFirst: false } as const;
const vit = { ...picture, ...blocks, width: 6, heads: 3, hidden: 7, epsilon: 1e-6 } as const;
const trunk = { ...picture, ...stack } as const;
const bert = { ...stack, kind: "bert", vocab: V, textLength: T, positionOffset: 0, segments: 1 } as const;
const words = {
  kind: "words",
  vocab: V,
  textLength: T,
  positionOffset: 0,
  segments: 1,
  width: 12,
  dropout: 0,
  epsilon: 1e-6,
} as const;
const swin = {
  kind: "swin",
  colours: colours.clip,
  imageSize: S,
  patch: 2,
  window: 2,
  widths: [6, 10],
  depths: [1, 1],
  heads: [2, 5],
  expansion: 2,
  activation: "exact",
  dropout: 0,
  epsilon: 1e-6,
  absolutePositions: false,
} as const;
const std = 0.3;
const fusion = { ...stack, kind: "co-attention" } as const;
const vlc: Extract<ModelConfig, { kind: "vlc" }> = {
  kind: "vlc",
  std,
  image: { ...trunk, positions: "fixed" },
  text: words,
  removed: 0,
};
const vlmo: ModelConfig = {
  kind: "vlmo",
  std,
  image: { ...trunk, depth: 2, positions: "learned" },
  text: words,
  jointFrom: 1,
};
const models: Readonly<Record<string, ModelConfig>> = {
  meter: { kind: "meter", std, image: vit, text: bert, fusion },
  "meter with Swin": {
    kind: "meter",
    std,
    image: swin,
    text: bert,
    fusion: { ...stack, kind: "merged-attention" },
  },
  bridgetower: {
    kind: "bridgetower",
    std,
    image: vit,
    text: bert,
    fusion: { ...stack, bridge: "add", bridgeEpsilon: 1e-6, projections: "shared" },
  },
  flava: { kind: "flava", std, image: vit, text: bert, fusion: { ...stack, classToken: true } },
  vilt: { kind: "vilt", std, image: { ...trunk, patchLimit: 2 }, text: words, pictures: 1 },
  vlc,
  vlmo,
  "one tower": {
    kind: "one-tower",
    std,
    image: { kind: "patches", colours: colours.clip, imageSize: S, patch: 4, width: 12, dropout: 0 },
    text: words,
    tower: stack,
    pooler: "double",
  },
  "visual parsing": { kind: "visual-parsing", std, image: swin, text: bert },
};
const objectives: Readonly<Record<string, PretrainConfig>> = {
  mlm: { mlm: { weight: 1, rate: 0.3, wholeWord: true } },
  "itm and wpa": { itm: { weight: 1, negatives: "random" }, wpa: { weight: 0.1, steps: 5 } },
  "itc and hard negatives": { itc: { weight: 2, width: 5 }, itm: { weight: 1, negatives: "hard" } },
  mpp: { mpp: { weight: 1, rate: 0.5 } },
  mimInBatch: { mimInBatch: { weight: 1, rate: 0.5 } },
  mimCodes: {
    mimCodes: { weight: 1, rate: 0.5, codebook: { width: 4, blocks: 1, codes: 9, gain: 1 } },
  },
  mfr: { mfr: { weight: 1, rate: 0.5, group: 2 } },
};

function sizesOf({ image }: ModelConfig) {
  return { batch: B, imageSize: S, patch: patchSide(image), textLength: T, vocab: V, answers: 0 };
}

function inputsOf(types: Readonly<Record<string, TensorType>>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(types).map(([name, type]) => [name, apply("input", { name, type })]),
  );
}

function build(model: ModelConfig, c: PretrainConfig) {
  const sizes = sizesOf(model);
  const { model: task, parameters } = declare(
    (at) => pretrain(at.in("heads"), buildModel(at.in("model"), model), c, sizes),
    std,
  );
  const { types } = pretrainBatch(c, sizes);
  return { task, parameters, types };
}

/** Loss, metrics and the slopes of the heads' parameters and of one of the model's. */
function graphIn(mode: Mode, { task, parameters, types }: ReturnType<typeof build>): Graph {
  const key =
    mode === "train" ? apply("input", { name: "key", type: { dtype: "i32", shape: [1] } }) : undefined;
  const learning = parameters.filter(({ name, isBuffer }) => name.startsWith("heads.") && !isBuffer);
  return traced({ mode, key, isFrozen: () => false }, () => {
    const { loss, metrics } = task.loss(inputsOf(types));
    const slopes: Record<string, Tensor> = {};
    const all = gradients(
      loss,
      learning.map(({ tensor }) => tensor),
    );
    for (const [i, { name, tensor }] of learning.entries()) slopes[`d ${name}`] = all[i] ?? tensor.mul(0);
    return graphOf({ loss, ...metrics, ...slopes });
  });
}

/** Drawn weights and a drawn batch; places are whole numbers below the patches of a picture. */
function run(graph: Graph, parameters: readonly Parameter[], seed = 1, noise = 0.1) {
  const random = rng("leaves", seed);
  const leaves: Record<string, TypedArray> = {};
  for (const [name, { dtype, shape }] of Object.entries(graph.inputs)) {
    const length = sizeOf(shape);
    const draw: Readonly<Record<string, (i: number) => number>> = {
      key: () => seed,
      image: () => random.integer(256),
      keep: (i) => Number(i % T < 4 || i < T),
      positions: (i) => Math.floor(i / (length / B)) * T + 1 + (i % (length / B)),
      inBatchPlaces: (i) => 2 * i,
      codePlaces: (i) => 2 * i + 1,
      weights: () => 1,
      chosenPatches: () => random.integer(2),
      hiddenPatches: () => random.integer(2),
      removalNoise: () => random.uniform(),
    };
    const value = draw[name] ?? (() => random.integer(V));
    leaves[name] = Float64Array.from({ length }, (_, i) => value(i));
    if (dtype !== "f32") leaves[name] = Int32Array.from(leaves[name]);
    if (dtype === "u8" || dtype === "bool") leaves[name] = Uint8Array.from(leaves[name]);
  }
  for (const parameter of parameters) {
    if (!(parameter.name in graph.parameters)) continue;
    const values = new Float32Array(sizeOf(parameter.shape));
    initialize(parameter, seed, values);
    leaves[parameter.name] = values.map((value) => value + noise * random.normal());
  }
  return evaluateExactly(graph, leaves);
}

for (const [modelName, model] of Object.entries(models)) {
  describe(modelName, () => {
    for (const [name, c] of Object.entries(objectives)) {
      void test(`${name}: the loss is the weighted sum, and every head learns`, async () => {
        const built = build(model, c);
        const graph = graphIn("train", built);
        const got = await run(graph, built.parameters);
        let sum = 0;
        for (const [objective, { weight }] of Object.entries(c) as [string, { weight: number }][]) {
          const part = got[`${objective}/loss`]![0]!;
          assert.ok(Number.isFinite(part) && (part > 0 || objective === "wpa"), `${objective}: ${part}`);
          sum += weight * part;
        }
        assert.ok(Math.abs(got.loss![0]! - sum) < 1e-6);
        const heads = Object.keys(graph.outputs).filter((output) => output.startsWith("d "));
        for (const head of heads)
          assert.ok(
            got[head]!.some((slope) => slope !== 0),
            head,
          );
        const validation = await run(graphIn("eval", built), built.parameters);
        assert.ok(Number.isFinite(validation.loss![0]));
      });
    }
  });
}

/** What reads one modality alone, and which arrays of a batch and parts of a model it may touch. */
const ofOne: Readonly<Record<string, [PretrainConfig, string[], RegExp]>> = {
  "words alone": [
    { mlm: { weight: 1, rate: 0.3, wholeWord: true, alone: true } },
    ["ids", "keep", "labels", "maskedIds", "positions", "weights"],
    /image\.|vision|fusion/,
  ],
  "colours alone": [
    { mpp: { weight: 1, rate: 0.5, alone: true } },
    ["chosenPatches", "hiddenPatches", "image"],
    /text\.|fusion/,
  ],
  "patches of the batch alone": [
    { mimInBatch: { weight: 1, rate: 0.5, alone: true } },
    ["image", "inBatchPlaces"],
    /text\.|fusion/,
  ],
  "codes alone": [
    {
      mimCodes: {
        weight: 1,
        rate: 0.5,
        alone: true,
        codebook: { width: 4, blocks: 1, codes: 9, gain: 1 },
      },
    },
    ["codePlaces", "image"],
    /text\.|fusion/,
  ],
};
const dual: ModelConfig = { kind: "dual-encoder", std, image: vit, text: bert };

for (const [modelName, model] of Object.entries({ ...models, "dual encoder": dual })) {
  describe(`${modelName}, one modality at a time`, () => {
    for (const [name, [c, arrays, untouched]] of Object.entries(ofOne)) {
      void test(`${name}: nothing of the other modality is read, every head learns`, async () => {
        const built = build(model, c);
        assert.deepEqual(Object.keys(built.types).sort(), arrays);
        const graph = graphIn("train", built);
        const got = await run(graph, built.parameters);
        assert.ok(Number.isFinite(got.loss![0]) && got.loss![0]! > 0);
        for (const output of Object.keys(graph.outputs).filter((other) => other.startsWith("d ")))
          assert.ok(
            got[output]!.some((slope) => slope !== 0),
            output,
          );
        // In models of one transformer words go through blocks below "image": there only embeddings are apart.
        const shared = ["vilt", "vlc", "vlmo"].includes(model.kind) && name === "words alone";
        const read = Object.keys(graph.parameters).filter((path) => path.startsWith("model."));
        assert.deepEqual(
          read.filter((path) => (shared ? /image\.(patches|class|positions)/ : untouched).test(path)),
          [],
        );
      });
    }
  });
}

void test("pictures and texts that do not belong together are one batch, their losses one sum", async () => {
  const c = { ...ofOne["words alone"]![0], ...ofOne["colours alone"]![0] };
  const built = build(models.meter!, c);
  const { form, also } = pretrainBatch(c, sizesOf(models.meter!));
  assert.deepEqual([form, also], ["pictures", "texts"]);
  const got = await run(graphIn("train", built), built.parameters);
  assert.ok(Math.abs(got.loss![0]! - got["mlm/loss"]![0]! - got["mpp/loss"]![0]!) < 1e-6);
});

void test("removed patches are painted from the picture alone", async () => {
  const alone = { mimPixel: { ...painted.mimPixel!, alone: true } };
  const built = build(removing, alone);
  assert.deepEqual(Object.keys(built.types).sort(), ["image", "removalNoise"]);
  const got = await run(graphIn("train", built), built.parameters);
  assert.ok(got["mimPixel/loss"]![0]! > 0.1);
});

const painted: PretrainConfig = {
  mimPixel: {
    weight: 1,
    decoder: { width: 8, depth: 1, heads: 2, hidden: 6, activation: "exact", dropout: 0, epsilon: 1e-6 },
  },
};
const removing: ModelConfig = { ...vlc, removed: 0.5 };

void test("removed patches are painted, in validation too, and in the pass of masked words where there is one", async () => {
  const built = build(removing, painted);
  for (const mode of ["train", "eval"] as const) {
    const graph = graphIn(mode, built);
    const got = await run(graph, built.parameters);
    assert.ok(got["mimPixel/loss"]![0]! > 0.1, mode);
    for (const output of Object.keys(graph.outputs).filter((other) => other.startsWith("d ")))
      assert.ok(
        got[output]!.some((slope) => slope !== 0),
        output,
      );
  }
  const forward = (c: PretrainConfig) => {
    const { task, types } = build(removing, c);
    const { loss } = task.loss(inputsOf(types));
    return flops(graphOf({ loss }));
  };
  const [both, alone, asked] = [{ ...objectives.mlm, ...painted }, painted, objectives.mlm!].map(forward);
  assert.ok(both! < alone! + asked! - 1000, `${both} is not less than ${alone} + ${asked}`);
  assert.throws(() => build(vlc, painted), /objective mimPixel: expected a model that removes patches/);
});

void test("word-patch alignment looks at the pairs of matching: no further pass", () => {
  const forward = (c: PretrainConfig) => {
    const { task, types } = build(models.vilt!, c);
    const graph = graphOf({ loss: task.loss(inputsOf(types)).loss });
    return graph.nodes.filter(({ op, path }) => op === "matmul" && path.startsWith("model")).length;
  };
  const pairs = objectives["itm and wpa"]!;
  assert.equal(forward(pairs), forward({ itm: pairs.itm }));
  assert.throws(() => build(models.vilt!, { wpa: pairs.wpa }), /objective wpa: expected itm/);
});

void test("a model with further summaries contrasts them too: the mean of both losses", async () => {
  const c: PretrainConfig = { itc: { weight: 1, width: 5 } };
  /** VLMo's plain summaries, its further ones, and both. */
  const ways: Readonly<Record<string, (model: DualModel) => DualModel>> = {
    plain: ({ joint: _, ...model }) => model,
    further: ({ joint, ...model }) => ({
      ...model,
      encodeImage: (image) => summarised(model.encodeImage(image), joint!.image),
      encodeText: (text) => summarised(model.encodeText(text), joint!.text),
    }),
    both: (model) => model,
  };
  const found: Record<string, Record<string, Float64Array>> = {};
  for (const [way, change] of Object.entries(ways)) {
    const { model: task, parameters } = declare((at) => {
      return pretrain(at.in("heads"), change(buildModel(at.in("model"), vlmo)), c, sizesOf(vlmo));
    }, std);
    const { loss, metrics } = task.loss(inputsOf(pretrainBatch(c, sizesOf(vlmo)).types));
    // All the same, so that every way compares in the same space.
    const even = parameters.map((parameter) =>
      parameter.name.startsWith("heads.") && parameter.shape.length > 0
        ? {
            ...parameter,
            init: (target: Float32Array) => target.set(target.map((_, i) => Math.sin(i))),
          }
        : parameter,
    );
    found[way] = await run(graphOf({ loss, ...metrics }), even, 1, 0);
  }
  const [plain, further, both] = ["plain", "further", "both"].map((way) => found[way]!.loss![0]!);
  assert.notEqual(plain, further);
  assert.ok(Math.abs(both! - (plain! + further!) / 2) < 1e-6);
  assert.deepEqual(found.both!["itc/accuracy"], found.plain!["itc/accuracy"]);
});

function summarised<State extends { readonly pooled: Tensor }>(
  state: State,
  by: (state: State) => Tensor,
): State {
  return { ...state, pooled: by(state) };
}

void test("what a model lacks is said", () => {
  const refused = (model: ModelConfig, c: PretrainConfig, expected: RegExp) => {
    const built = build(model, c);
    assert.throws(() => graphIn("train", built), expected);
  };
  const windows: ModelConfig = { ...models["visual parsing"]!, image: { ...swin, window: 1 } } as ModelConfig;
  refused(windows, objectives.mfr!, /objective mfr: expected a tower whose last block lets all 4 patches/);
  for (const name of ["mpp", "mimInBatch", "mimCodes"])
    refused(
      removing,
      objectives[name]!,
      new RegExp(
        `objective ${name}: expected a model that reads all patches of the picture, 4 pixels wide, got 2`,
      ),
    );
});
