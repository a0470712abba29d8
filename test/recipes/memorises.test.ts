/** Every fine-tuning recipe in small learns one batch of Emoji World by heart: the loss reaches everything it should. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultBackend } from "#src/backends/default.ts";
import { allocate } from "#src/core/dtype.ts";
import { sizeOf } from "#src/core/shape.ts";
import { meterTinyCaptioning } from "#src/recipes/meter-tiny-captioning.ts";
import { meterTinyClassification } from "#src/recipes/meter-tiny-classification.ts";
import { meterTinyDecoder } from "#src/recipes/meter-tiny-decoder.ts";
import { meterTinyEntailment } from "#src/recipes/meter-tiny-entailment.ts";
import { meterTinyNlvr2 } from "#src/recipes/meter-tiny-nlvr2.ts";
import { meterTinyReferring } from "#src/recipes/meter-tiny-referring.ts";
import { meterTinyRetrieval } from "#src/recipes/meter-tiny-retrieval.ts";
import type { Recipe } from "#src/recipes/recipe.ts";
import { batchPlan, type TaskConfig } from "#src/tasks/index.ts";
import { learnTokenizer, openSource, prepareSource } from "#src/tasks/source.ts";
import { adamW } from "#src/train/adamw/index.ts";
import { assemble, sizesOf } from "#src/train/assemble.ts";
import { groupParameters } from "#src/train/groups.ts";
import { createStore, initializeStore } from "#src/train/parameter-store.ts";
import { bindStep, trainGraph } from "#src/train/step.ts";

const small = { width: 16, heads: 2, hidden: 32, depth: 1 };

/** Loss at the first and after `steps` updates on the same batch. */
async function memorise(recipe: Recipe, task: TaskConfig, steps: number): Promise<[number, number]> {
  const { model: whole, data, train: settings } = recipe;
  assert.ok(whole.kind === "meter" && whole.image.kind === "vit" && whole.text.kind === "bert");
  const model = {
    ...whole,
    std: 0.2,
    image: { ...whole.image, ...small, imageSize: 24, patch: 12 },
    text: { ...whole.text, ...small },
    fusion: { ...whole.fusion, ...small },
    ...(whole.decoder && { decoder: { ...whole.decoder, heads: 2, hidden: 32, depth: 1 } }),
  };
  const source = openSource(await prepareSource(data, await learnTokenizer(data, model.text.vocab)));
  const train = { ...settings, batch: 8 };
  const sizes = sizesOf({ model, train }, source.dataset.answers.length);
  const { task: built, parameters } = assemble({ model, task }, sizes);
  const groups = groupParameters(parameters, train);
  const store = createStore(parameters, groups);
  initializeStore(store, parameters, 1);
  const plan = batchPlan(task, sizes);
  const arrays = Object.fromEntries(
    Object.entries(plan.types).map(([name, { dtype, shape }]) => [name, allocate(dtype, sizeOf(shape))]),
  );
  const indices = Array.from({ length: sizes.batch }, (_, i) => i);
  await plan.fill(source, { split: "train", indices, first: 0, key: 1, training: true }, arrays);
  const learning = groups.flatMap((group) => group.parameters);
  const step = await bindStep(defaultBackend, trainGraph(built.loss, plan.types, learning, []), store, [
    arrays,
  ]);
  const optimizer = await adamW(defaultBackend, store, settings.optimizer);
  const losses: number[] = [];
  for (let done = 0; done <= steps; done++) {
    losses.push((await step.run(0, done)).loss!);
    const norm = await optimizer.gradientNorm();
    await optimizer.update(done, 1e-2, Math.min(1, 1 / norm));
  }
  return [losses[0]!, losses.at(-1)!];
}

const retrieval = (task: TaskConfig) => [meterTinyRetrieval, task] as const;
const cases: Readonly<Record<string, readonly [Recipe, TaskConfig]>> = {
  spans: [meterTinyDecoder, { kind: "pretrain", span: { weight: 1, rate: 0.3, length: 3 } }],
  captioning: [meterTinyCaptioning, meterTinyCaptioning.task],
  nlvr2: [meterTinyNlvr2, meterTinyNlvr2.task],
  entailment: [meterTinyEntailment, meterTinyEntailment.task],
  classification: [meterTinyClassification, meterTinyClassification.task],
  referring: [meterTinyReferring, meterTinyReferring.task],
  "retrieval by rank": retrieval({ kind: "retrieval", by: "rank", textsPerImage: 4 }),
  "retrieval by match": retrieval({ kind: "retrieval", by: "match", width: 8 }),
  "retrieval by contrast": retrieval({ kind: "retrieval", by: "contrast", width: 8 }),
};

for (const [name, [recipe, task]] of Object.entries(cases)) {
  test(`${name}: the loss of one batch falls to a third`, async (t) => {
    const [first, last] = await memorise(recipe, task, 60);
    t.diagnostic(`${first.toFixed(3)} to ${last.toFixed(3)}`);
    assert.ok(last < first / 3, `${first} to ${last}`);
  });
}
