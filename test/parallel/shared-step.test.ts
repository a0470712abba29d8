/** Every objective on every kind of model, dropout and all: the means over the ranks are what one process gets. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { referenceBackend } from "#src/backends/reference/index.ts";
import { allocate, type TypedArray } from "#src/core/dtype.ts";
import { rng } from "#src/core/rng.ts";
import { sizeOf } from "#src/core/shape.ts";
import { loadTokenizer } from "#src/data/tokenizers/tokenizer.ts";
import { wordPieceTokenizerJson } from "#src/data/tokenizers/wordpiece-json.ts";
import { wordPieceSpecials } from "#src/data/tokenizers/wordpiece-vocabulary.ts";
import { canvasSide, onCanvas } from "#src/data/transform.ts";
import type { Picture, PictureDataset } from "#src/datasets/contracts.ts";
import type { ModelConfig } from "#src/models/index.ts";
import { batchPlan, type TaskConfig } from "#src/tasks/index.ts";
import { assemble, sizesOf } from "#src/train/assemble.ts";
import type { TrainConfig } from "#src/train/config.ts";
import { groupParameters } from "#src/train/groups.ts";
import { createStore, initializeStore } from "#src/train/parameter-store.ts";
import { bindSharedStep, sharedGraphs } from "#src/train/shared-step.ts";
import { bindStep, trainGraph } from "#src/train/step.ts";
import { zoo } from "../models/zoo.ts";
import { asRanks } from "./ranks.ts";

const words = ["one", "two", "three", "four", "five", "dots", "how", "many"];
const tokenizer = loadTokenizer(wordPieceTokenizerJson([...wordPieceSpecials, ...words]));
const textLength = 6;

const picture = (...key: readonly number[]): Picture => ({
  id: key.join("-"),
  pixels: async (imageSize, augment) => {
    const random = rng("picture", ...key, augment ?? 0);
    return Uint8Array.from({ length: imageSize ** 2 * 3 }, () => random.integer(256));
  },
});

/** Texts of different lengths, so that ranks mask different numbers of words. */
const dataset: PictureDataset = {
  name: "noise",
  answers: words.slice(0, 5),
  splits: { train: 12, val: 12 },
  longTexts: "error",
  forms: {
    captions: async (_, index) => ({
      picture: picture(index),
      captions: [`${words[index % 5]} dots`, words.slice(0, 1 + (index % 4)).join(" ")],
    }),
    questions: async (_, index, n) => ({
      picture: picture(index),
      questions: Array.from({ length: n }, (_, i) => ({
        question: `how many dots ${words[i]}`,
        answer: words[(index + i) % 5]!,
        kind: "count",
      })),
    }),
    statements: async (_, index) => ({
      question: `${words[index % 5]} dots`,
      answer: index % 2 === 0 ? "false" : "true",
      kind: "dots",
      pictures: [picture(index, 0), picture(index, 1)],
    }),
  },
};

/** Captions of pictures of many shapes, on canvases. */
const shapes: PictureDataset = {
  ...dataset,
  forms: {
    captions: async (split, index) => {
      const { picture: square, captions } = await dataset.forms.captions!(split, index);
      const pixels = async (imageSize: number, augment?: number) => {
        const [height, width] = index % 2 ? [4, 8] : [6, 2]; // patches have 2 pixels
        const data = (await square.pixels(imageSize, augment)).subarray(0, height * width * 3);
        return onCanvas({ data, height, width }, canvasSide(shaped.transform, imageSize));
      };
      return { picture: { ...square, pixels }, captions };
    },
  },
};
const shaped = {
  kind: "files",
  name: "csv",
  transform: { fit: { kind: "own-shape", divisor: 2 }, filter: "bicubic" },
} as const;

/** Loss, metrics and all gradients, one after the other in order of parameters. */
interface Outcome {
  readonly values: Readonly<Record<string, number>>;
  readonly gradients: Float32Array;
}

const key = 12345;

interface Case {
  readonly model: ModelConfig;
  readonly task: TaskConfig;
  /** Pictures lie on canvases instead of being squares. */
  readonly keepsShape: boolean;
}

/** One step of rank `rank` of `ranks` on its rows of a batch of `batch`, with weights that are the same everywhere. */
async function prepare({ model, task, keepsShape }: Case, batch: number, rank: number, ranks: number) {
  const train = { batch: batch / ranks, textLength, factors: [], freeze: [] } as unknown as TrainConfig;
  const given = keepsShape ? shapes : dataset;
  const sizes = sizesOf({ model, train, ...(keepsShape && { data: shaped }) }, given.answers.length);
  const { task: built, parameters } = assemble({ model, task }, sizes);
  const groups = groupParameters(parameters, train);
  const store = createStore(parameters, groups);
  initializeStore(store, parameters, 3);
  for (const { name } of parameters) {
    const random = rng("noise", name);
    store.weights[name]!.forEach((_, i, values) => {
      values[i]! += 0.2 * random.normal();
    });
  }
  const plan = batchPlan(task, sizes);
  const arrays = Object.fromEntries(
    Object.entries(plan.types).map(([name, { dtype, shape }]) => [name, allocate(dtype, sizeOf(shape))]),
  ) as Record<string, TypedArray>;
  const first = rank * sizes.batch;
  const indices = Array.from({ length: batch }, (_, i) => (5 * i + 1) % 12).slice(first, first + sizes.batch);
  await plan.fill(
    { dataset: given, tokenizer },
    { split: "train", indices, first, key: 9, training: true },
    arrays,
  );
  const learning = groups.flatMap((group) => group.parameters);
  return { built, store, plan, learning, slots: [arrays] };
}

async function alone(run: Case, batch: number): Promise<Outcome> {
  const { built, store, plan, learning, slots } = await prepare(run, batch, 0, 1);
  const step = await bindStep(
    referenceBackend,
    trainGraph(built.loss, plan.types, learning, []),
    store,
    slots,
  );
  return { values: await step.run(0, key), gradients: store.flat.gradients };
}

/** The means over ranks, as rank 0 has them. */
async function together(run: Case, batch: number, size: number): Promise<Outcome> {
  const [outcome] = await asRanks(size, async (ranks) => {
    const { rank } = ranks;
    const { built, store, plan, learning, slots } = await prepare(run, batch, rank, size);
    const graphs = sharedGraphs(built.loss, plan.types, learning, [], { rank, ranks: size });
    const step = await bindSharedStep(referenceBackend, graphs, store, slots, ranks);
    const own = await step.run(0, key);
    const values = Float32Array.from(Object.values(own));
    await ranks.sum(values);
    await ranks.sum(store.flat.gradients);
    await ranks.close();
    return {
      values: Object.fromEntries(Object.keys(own).map((name, i) => [name, values[i]! / size])),
      gradients: store.flat.gradients.map((value) => value / size),
    };
  });
  return outcome!;
}

const all = zoo(0.2, 1);
const models: Readonly<Record<string, ModelConfig>> = {
  ...all,
  "vilt, pictures of their own shape": all.vilt!,
  "meter of two pictures": { ...all["meter, co-attention"]!, pictures: 2 } as ModelConfig,
};
const mlm = { weight: 1, rate: 0.4, wholeWord: true };
const itc = { weight: 2, width: 5 };
const hard = { weight: 1, negatives: "hard" } as const;
const random = { weight: 1, negatives: "random" } as const;
const wpa = { weight: 0.1, steps: 5 };
const share = { weight: 1, rate: 0.5 };
const decoder = {
  width: 8,
  depth: 1,
  heads: 2,
  hidden: 9,
  activation: "exact",
  dropout: 0.1,
  epsilon: 1e-6,
} as const;

const meter = "meter, co-attention";
const cases: readonly (readonly [number, string, TaskConfig])[] = [
  [3, meter, { kind: "pretrain", mlm, itm: random, itc, wpa, mfr: { ...share, group: 2 } }],
  [2, meter, { kind: "pretrain", mlm, itm: hard, itc, wpa }],
  [2, "meter, merged attention", { kind: "pretrain", mimInBatch: share, mpp: share }],
  [2, "vilt", { kind: "pretrain", mlm, itm: random }],
  [2, "vilt, pictures of their own shape", { kind: "pretrain", mlm, itm: random, wpa, mpp: share }],
  [2, "vlc", { kind: "pretrain", mimPixel: { weight: 1, decoder } }],
  [3, "vlmo, relative positions", { kind: "pretrain", itm: hard, itc }],
  [2, "bridgetower, scaled", { kind: "retrieval", by: "match", width: 5 }],
  [3, meter, { kind: "retrieval", by: "rank", textsPerImage: 3 }],
  [2, "meter, a decoder", { kind: "pretrain", span: { weight: 1, rate: 0.4, length: 2 }, itm: random }],
  [2, "meter, a decoder", { kind: "captioning" }],
  [2, meter, { kind: "vqa", questionsPerImage: 3 }],
  [3, "meter of two pictures", { kind: "nlvr2" }],
];

function assertSame(got: Outcome, expected: Outcome): void {
  assert.deepEqual(Object.keys(got.values), Object.keys(expected.values));
  for (const [name, value] of Object.entries(expected.values)) {
    const off = Math.abs(got.values[name]! - value);
    assert.ok(off <= 3e-6 * Math.max(1, Math.abs(value)), `${name}: ${got.values[name]} for ${value}`);
  }
  const largest = expected.gradients.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  assert.ok(largest > 0);
  const worst = expected.gradients.reduce(
    (most, value, i) => Math.max(most, Math.abs(got.gradients[i]! - value)),
    0,
  );
  assert.ok(worst <= 3e-6 * largest, `gradients: off by ${worst} of ${largest}`);
}

describe("ranks compute what one process does", () => {
  for (const [size, name, task] of cases) {
    const { kind, ...parts } = task;
    const what = kind === "pretrain" ? Object.keys(parts).join(", ") : Object.values(task).join(" ");
    test(`${name}: ${what}, on ${size} ranks`, async () => {
      // Two rows for every rank.
      const run = { model: models[name]!, task, keepsShape: name === "vilt, pictures of their own shape" };
      assertSame(await together(run, 2 * size, size), await alone(run, 2 * size));
    });
  }
});
