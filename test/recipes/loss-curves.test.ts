/**
 * The first losses of every small recipe, to the bit: whatever changes models, objectives, data, masks, optimizer or
 * random numbers shows here. They are computed in double precision by the reference backend and rounded once, on
 * pictures of plain noise, so that they are the same on every processor. A change that is meant is written down by
 * BIFOCAL_WRITE_CURVES=1 npm test -- loss-curves, and told in CHANGELOG.md.
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { referenceBackend } from "#src/backends/reference/index.ts";
import { allocate } from "#src/core/dtype.ts";
import { foldKey, rng } from "#src/core/rng.ts";
import { sizeOf } from "#src/core/shape.ts";
import type { Picture, PictureDataset } from "#src/datasets/contracts.ts";
import { recipes, stagedRecipes } from "#src/recipes/index.ts";
import { configOf } from "#src/recipes/recipe.ts";
import { batchPlan } from "#src/tasks/index.ts";
import { learnTokenizer, openSource, prepareSource } from "#src/tasks/source.ts";
import type { Source } from "#src/tasks/task.ts";
import { adamW } from "#src/train/adamw/index.ts";
import { assemble, sizesOf } from "#src/train/assemble.ts";
import type { RunConfig } from "#src/train/config.ts";
import { frozenAt } from "#src/train/freeze.ts";
import { groupParameters, learningAt } from "#src/train/groups.ts";
import { createStore, initializeStore } from "#src/train/parameter-store.ts";
import { scheduleFactor } from "#src/train/schedule.ts";
import { bindStep, trainGraph } from "#src/train/step.ts";
import { reduced } from "./reduced.ts";

const table = new URL("../../../test/recipes/loss-curves.json", import.meta.url);
const expected = JSON.parse(readFileSync(table, "utf8")) as Record<string, readonly number[]>;

const single = Object.values(recipes).map(configOf);
const staged = Object.values(stagedRecipes).flatMap(({ stages }) => stages as readonly RunConfig[]);
/** By name: the last stage of several may be a recipe of its own. */
const small = new Map(
  [...single, ...staged].flatMap((config) =>
    config.name.includes("-tiny") ? [[config.name, config] as const] : [],
  ),
);
const curves: Record<string, readonly number[]> = {};

/** Drawn art is not the same to the bit everywhere: rasterizers differ by processor. */
function noise(id: string): Picture {
  return {
    id,
    pixels: async (imageSize, augment = 0) => {
      const random = rng("noise", id, augment);
      return Uint8Array.from({ length: imageSize ** 2 * 3 }, () => random.integer(256));
    },
  };
}

function withoutArt({ forms, ...dataset }: PictureDataset): PictureDataset {
  const { captions, questions, statements, hypotheses, references, classes, texts } = forms;
  assert.ok(captions && questions && statements && hypotheses && references && classes && texts);
  return {
    ...dataset,
    forms: {
      texts,
      pictures: async (_, index) => noise(`${index}`),
      captions: async (split, index) => ({ ...(await captions(split, index)), picture: noise(`${index}`) }),
      questions: async (split, index, n) => ({
        ...(await questions(split, index, n)),
        picture: noise(`${index}`),
      }),
      classes: async (split, index) => ({ ...(await classes(split, index)), picture: noise(`${index}`) }),
      statements: async (split, index) => {
        const judged = await statements(split, index);
        return { ...judged, pictures: judged.pictures.map((_, k) => noise(`${index}-${k}`)) };
      },
      hypotheses: async (split, index) => ({
        ...(await hypotheses(split, index)),
        pictures: [noise(`${index}`)],
      }),
      references: async (split, index) => ({
        ...(await references(split, index)),
        whole: async (imageSize, augment) => {
          const side = 2 * imageSize;
          const data = await noise(`${index}`).pixels(side, augment);
          return { data, height: side, width: side, unit: [side, side] as const };
        },
      }),
    },
  };
}

let opened: Promise<Source> | undefined;
/** Of the one data set that all have when they are reduced. */
async function source({ data, model }: RunConfig): Promise<Source> {
  const { dataset, tokenizer } = await openSource(
    await prepareSource(data, await learnTokenizer(data, model.text.vocab)),
  );
  return { dataset: withoutArt(dataset), tokenizer };
}

/** As the trainer does it, step by step, without threads. */
async function lossesOf(config: RunConfig): Promise<number[]> {
  opened ??= source(config);
  const given = await opened;
  const { train } = config;
  const sizes = sizesOf(config, given.dataset.answers.length);
  const { task, parameters } = assemble(config, sizes);
  const groups = groupParameters(parameters, train);
  const store = createStore(parameters, groups);
  initializeStore(store, parameters, train.seed);
  const plan = batchPlan(config.task, sizes);
  const arrays = Object.fromEntries(
    Object.entries(plan.types).map(([name, { dtype, shape }]) => [name, allocate(dtype, sizeOf(shape))]),
  );
  const graph = trainGraph(
    task.loss,
    plan.types,
    learningAt(groups, Infinity),
    frozenAt(train.freeze, Infinity),
  );
  const step = await bindStep(referenceBackend, graph, store, [arrays]);
  const optimizer = await adamW(referenceBackend, store, train.optimizer);
  const losses: number[] = [];
  for (let done = 0; done < train.steps; done++) {
    const key = foldKey(train.seed, "curve", done);
    const indices = Array.from({ length: sizes.batch }, (_, i) => done * sizes.batch + i);
    await plan.fill(given, { split: "train", indices, first: 0, key, training: true }, arrays);
    losses.push((await step.run(0, key)).loss!);
    await optimizer.gradientNorm();
    await optimizer.update(done, 0.01 * scheduleFactor(train.schedule, done + 1, 10), 1);
  }
  return losses;
}

for (const [recipe, config] of small) {
  test(recipe, async () => {
    const { name: _, ...rest } = reduced(config);
    const losses = await lossesOf({ name: recipe, ...rest });
    curves[recipe] = losses;
    assert.equal(losses.length, 3);
    assert.ok(losses[2] !== losses[0] && losses.every((loss) => Number.isFinite(loss)));
    if (process.env.BIFOCAL_WRITE_CURVES === undefined) assert.deepEqual(losses, expected[recipe]);
  });
}

test("the table has every small recipe and no other", () => {
  if (process.env.BIFOCAL_WRITE_CURVES !== undefined) {
    const rows = Object.entries(curves).map(
      ([recipe, losses]) => `  ${JSON.stringify(recipe)}: [${losses.join(", ")}]`,
    );
    writeFileSync(table, `{\n${rows.join(",\n")}\n}\n`);
    return;
  }
  assert.deepEqual(Object.keys(expected).sort(), [...small.keys()].sort());
});
