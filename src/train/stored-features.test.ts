/** A step that reads what frozen towers say from the disk gives the numbers of one that computes it. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { defaultBackend } from "../backends/default.ts";
import { allocate, type TypedArray } from "../core/dtype.ts";
import { rng } from "../core/rng.ts";
import { sizeOf } from "../core/shape.ts";
import { flopsByPath } from "../graph/cost.ts";
import { colours } from "../models/colours.ts";
import { batchPlan, type TaskConfig } from "../tasks/index.ts";
import { assemble } from "./assemble.ts";
import type { RunConfig, TrainConfig } from "./config.ts";
import { groupParameters } from "./groups.ts";
import { createStore, initializeStore } from "./parameter-store.ts";
import { bindStep, trainGraph } from "./step.ts";
import { openStoredFeatures } from "./stored-features.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-features-"));
test.after(() => rmSync(folder, { recursive: true }));

const blocks = { depth: 2, activation: "exact", dropout: 0.1, epsilon: 1e-5 } as const;
const image = {
  kind: "vit",
  colours: colours.halves,
  ...blocks,
  normFirst: true,
  imageSize: 6,
  patch: 3,
  width: 6,
  heads: 3,
  hidden: 10,
} as const;
const text = {
  kind: "bert",
  ...blocks,
  norm: "post",
  vocab: 17,
  textLength: 5,
  positionOffset: 0,
  segments: 1,
  width: 8,
  heads: 2,
  hidden: 9,
} as const;
const fusion = { ...blocks, norm: "post", width: 12, heads: 4, hidden: 13 } as const;
const meter: RunConfig["model"] = {
  kind: "meter",
  std: 0.2,
  image,
  text,
  fusion: { ...fusion, kind: "co-attention" },
};
const bridged: RunConfig["model"] = {
  kind: "bridgetower",
  std: 0.2,
  image,
  text,
  fusion: { ...fusion, bridge: "add", bridgeEpsilon: 1e-5, projections: "shared" },
};
const pretrain: TaskConfig = {
  kind: "pretrain",
  mlm: { weight: 1, rate: 0.3, wholeWord: false },
  itm: { weight: 1, negatives: "hard" },
  itc: { weight: 1, width: 5 },
};
const nlvr2: TaskConfig = { kind: "nlvr2" } as TaskConfig;
const vqa: TaskConfig = { kind: "vqa", questionsPerImage: 2 };
const towers = ["model.image", "model.text"];
const batch = 3;

function setUp(model: RunConfig["model"], task: TaskConfig, freeze: string[]) {
  const sizes = { batch, imageSize: 6, patch: 3, textLength: 5, vocab: 17, answers: 7 };
  const { types } = batchPlan(task, sizes);
  const { task: built, parameters } = assemble({ model, task }, sizes);
  const train = { factors: [], freeze, cacheFeatures: { gigabytes: 0.001 } } as unknown as TrainConfig;
  const groups = groupParameters(parameters, train);
  const store = createStore(parameters, groups);
  initializeStore(store, parameters, 3);
  const learning = groups.flatMap((group) => group.parameters);
  return { types, store, train, graph: trainGraph(built.loss, types, learning, freeze) };
}

function drawn(types: ReturnType<typeof setUp>["types"], seed: number): Record<string, TypedArray> {
  const random = rng("batch", seed);
  const fill: Record<string, () => number> = {
    image: () => random.integer(256),
    keep: () => 1,
    weights: () => 1,
  };
  const below: Record<string, number> = { labels: 7, answers: 7, verdicts: 2, positions: batch * 5 };
  return Object.fromEntries(
    Object.entries(types).map(([name, { dtype, shape }]) => {
      const array = allocate(dtype, sizeOf(shape));
      for (let i = 0; i < array.length; i++) array[i] = fill[name]?.() ?? random.integer(below[name] ?? 17);
      return [name, array];
    }),
  );
}

/** What is left of the towers' products in a step, and all its numbers for two batches, the first of them twice. */
async function stored(
  set: ReturnType<typeof setUp>,
  batches: readonly Record<string, TypedArray>[],
  backend = defaultBackend,
) {
  const features = await openStoredFeatures(backend, set.graph, set.train, set.store.weights, 100);
  const slots = batches.map((slot) => ({ ...slot, ...features.arrays }));
  const step = await bindStep(backend, features.step, set.store, slots);
  const seen: unknown[] = [];
  for (const slot of [0, 1, 0]) {
    await features.fill(batches[slot]!);
    seen.push(await step.run(slot, 5 + slot), [...set.store.flat.gradients]);
  }
  return { features, seen };
}

async function whole(set: ReturnType<typeof setUp>, batches: readonly Record<string, TypedArray>[]) {
  const step = await bindStep(defaultBackend, set.graph, set.store, batches);
  const seen: unknown[] = [];
  for (const slot of [0, 1, 0]) seen.push(await step.run(slot, 5 + slot), [...set.store.flat.gradients]);
  return seen;
}

for (const [name, model, task, freeze, left] of [
  ["questions to METER", meter, vqa, towers, []],
  ["questions, image tower alone", meter, vqa, ["model.image"], ["model.text"]],
  ["pretraining of BridgeTower", bridged, pretrain, towers, ["model.text"]],
  ["statements about two pictures", { ...meter, pictures: 2 } as typeof meter, nlvr2, towers, []],
] as const) {
  test(`${name}: loss and gradients to the bit, towers run for new rows only`, async () => {
    process.env.BIFOCAL_FEATURES = join(folder, name);
    const set = setUp(model, task, [...freeze]);
    const batches = [drawn(set.types, 1), drawn(set.types, 2)];
    const expected = await whole(set, batches);
    const first = await stored(set, batches);
    assert.deepEqual(first.seen, expected);
    const { computed, read } = first.features.counts;
    assert.ok(computed > 0);
    assert.equal(read, computed / 2, "the third batch is the first");

    const again = await stored(set, batches);
    assert.deepEqual(again.seen, expected);
    assert.deepEqual(again.features.counts, { computed: 0, read: read + computed });
    const products = [...flopsByPath(again.features.step).keys()];
    for (const tower of towers) {
      assert.equal(
        products.some((path) => path.startsWith(`${tower}.`)),
        left.includes(tower as never),
        tower,
      );
    }
  });
}

test("other weights and other pixels are computed anew", async () => {
  process.env.BIFOCAL_FEATURES = join(folder, "changed");
  const set = setUp(meter, vqa, towers);
  const batches = [drawn(set.types, 1), drawn(set.types, 2)];
  const { computed } = (await stored(set, batches)).features.counts;

  set.store.weights["model.image.blocks.0.feed.up.weight"]![0]! += 0.5;
  const changed = await stored(set, batches);
  assert.deepEqual(changed.seen, await whole(set, batches));
  assert.equal(changed.features.counts.computed, 2 * batch, "pictures alone");

  batches[1]!.image![0]! ^= 1;
  const repainted = await stored(set, batches);
  assert.deepEqual(repainted.seen, await whole(set, batches));
  assert.equal(repainted.features.counts.computed, 1, "one picture");
  assert.ok(computed > 2 * batch);
});

test("what another precision computed is not read", async () => {
  process.env.BIFOCAL_FEATURES = join(folder, "precision");
  const set = setUp(meter, vqa, towers);
  const batches = [drawn(set.types, 1), drawn(set.types, 2)];
  const { counts } = (await stored(set, batches)).features;
  const other = { ...defaultBackend.environment, precision: "bf16" as const };
  const again = await stored(set, batches, { ...defaultBackend, environment: other });
  assert.deepEqual(again.features.counts, counts);
});

test("a place that is full or cannot be shared changes no number; nothing frozen is refused", async () => {
  process.env.BIFOCAL_FEATURES = join(folder, "full");
  const set = setUp(meter, vqa, towers);
  const batches = [drawn(set.types, 1), drawn(set.types, 2)];
  const small = { ...set, train: { ...set.train, cacheFeatures: { gigabytes: 1e-6 } } };
  const { seen, features } = await stored(small, batches);
  assert.deepEqual(seen, await whole(set, batches));
  assert.ok(features.counts.computed > features.counts.read);

  const free = setUp(meter, vqa, ["model.kinds"]);
  await assert.rejects(stored(free, batches), {
    message: /train\.cacheFeatures: expected a tower that never learns, got train\.freeze \["model\.kinds"\]/,
  });
});
