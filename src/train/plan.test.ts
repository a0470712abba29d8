import assert from "node:assert/strict";
import { test } from "node:test";
import { flopsByPath } from "../graph/cost.ts";
import { graphOf } from "../graph/graph.ts";
import { apply } from "../graph/tensor.ts";
import { colours } from "../models/colours.ts";
import { bert } from "../models/encoders/bert.ts";
import { vit } from "../models/encoders/vit.ts";
import { countParameters, declare } from "../nn/scope.ts";
import type { RunConfig } from "./config.ts";
import { planRun } from "./plan.ts";

const base = { width: 768, depth: 12, heads: 12, hidden: 3072, activation: "exact", dropout: 0 } as const;

test("ViT-B/16 has 86 M parameters and takes 35 GFLOP a picture", () => {
  const { model, parameters } = declare((at) =>
    vit(at, { ...base, imageSize: 224, patch: 16, normFirst: false, epsilon: 1e-6 }),
  );
  // The 86.6 M of Dosovitskiy et al. 2021, table 1, include a classifier of 1000 x 769.
  assert.equal(countParameters(parameters), 86_567_656 - 1000 * 769);

  const image = apply("input", { name: "image", type: { dtype: "f32", shape: [1, 3, 224, 224] } });
  const graph = graphOf({ patches: model.encode({ pixels: image }).patches });
  const [tokens, width] = [197, 768];
  const patches = 2 * 196 * (3 * 16 * 16) * width;
  const projections = 4 * 2 * tokens * width * width;
  const attention = 2 * 2 * tokens * tokens * width; // scores and mixture, all heads together
  const feed = 2 * 2 * tokens * width * 3072;
  const counts = [...flopsByPath(graph).values()];
  assert.equal(
    counts.reduce((a, b) => a + b),
    patches + 12 * (projections + attention + feed),
  );
});

test("RoBERTa-base has 124.6 M parameters", () => {
  const { parameters } = declare((at) =>
    bert(at, {
      ...base,
      norm: "post",
      vocab: 50265,
      textLength: 512,
      positionOffset: 2,
      segments: 1,
      epsilon: 1e-5,
    }),
  );
  // 124.6 M include a pooler of 768 x 769, which METER does not use.
  assert.equal(countParameters(parameters), 124_645_632 - 768 * 769);
});

const block = { width: 8, depth: 1, heads: 2, hidden: 12, activation: "exact", dropout: 0 } as const;
const small: RunConfig = {
  name: "small",
  model: {
    kind: "dual-encoder",
    std: 0.02,
    image: {
      kind: "vit",
      colours: colours.halves,
      ...block,
      imageSize: 8,
      patch: 4,
      normFirst: false,
      epsilon: 1e-6,
    },
    text: {
      kind: "bert",
      ...block,
      norm: "post",
      vocab: 30,
      textLength: 6,
      positionOffset: 0,
      segments: 1,
      epsilon: 1e-12,
    },
  },
  task: { kind: "pretrain", itc: { weight: 1, width: 5 } },
  data: { kind: "emoji-world", seed: 1, concepts: 8 },
  train: {
    seed: 1,
    steps: 1,
    batch: 3,
    textLength: 6,
    accumulate: 1,
    optimizer: { lr: 1e-3, beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0, clip: null },
    schedule: { kind: "constant", warmupSteps: 0, end: 1, power: 1 },
    factors: [],
    freeze: [],
    validation: { every: 1, batches: 1 },
    checkpoint: { every: 1, keep: 1 },
  },
};

test("a plan adds up", () => {
  const { parameters, flopsPerSample, memory } = planRun(small, 0);
  const sum = (values: object) => Object.values(values).reduce((a: number, b: number) => a + b, 0);
  assert.equal(parameters.total, sum(parameters.byPart));
  assert.deepEqual(Object.keys(parameters.byPart), ["model.image", "model.text", "heads.itc"]);
  assert.equal(parameters.withoutHeads, parameters.total - parameters.byPart["heads.itc"]!);
  assert.equal(parameters.byPart["heads.itc"], 2 * 8 * 5 + 1);
  assert.equal(flopsPerSample.byPart["heads.itc"]!.forward, 2 * 2 * 8 * 5 + 2 * 3 * 5);
  // A step leaves out what nobody reads: all but the first token in the last block of both towers.
  assert.ok(flopsPerSample.step > flopsPerSample.forward && flopsPerSample.step < 3 * flopsPerSample.forward);
  assert.equal(memory.moments, 8 * parameters.trainable);
  assert.equal(memory.total, sum({ ...memory, total: 0 }));
});

test("what is frozen needs no gradients, no moments and no backward pass", () => {
  const all = planRun(small, 0);
  const frozen = planRun({ ...small, train: { ...small.train, freeze: ["model.image"] } }, 0);
  assert.equal(frozen.parameters.total, all.parameters.total);
  assert.equal(frozen.parameters.trainable, all.parameters.total - all.parameters.byPart["model.image"]!);
  assert.equal(frozen.memory.gradients, 4 * frozen.parameters.trainable);
  const [image, learning] = [frozen, all].map(({ flopsPerSample }) => flopsPerSample.byPart["model.image"]!);
  assert.ok(image!.step > 0 && image!.step <= image!.forward && image!.step < learning!.step / 2);
  assert.ok(frozen.memory.activations < all.memory.activations);
});

test("accumulated gradients lie in memory twice, and a batch's activations grow with it", () => {
  const once = planRun(small, 0).memory;
  const twice = planRun({ ...small, train: { ...small.train, accumulate: 2, batch: 6 } }, 0).memory;
  assert.equal(twice.gradients, 2 * once.gradients);
  assert.ok(twice.activations > 1.8 * once.activations);
});
