/** What freezing saves: METER-base learns to answer questions, whole, with frozen towers, and with their states from the disk. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultBackend } from "#src/backends/default.ts";
import { flops } from "#src/graph/cost.ts";
import { meterBase } from "#src/recipes/meter-base.ts";
import { configOf } from "#src/recipes/recipe.ts";
import { batchPlan } from "#src/tasks/index.ts";
import { adamW } from "#src/train/adamw/index.ts";
import { assemble, sizesOf } from "#src/train/assemble.ts";
import type { RunConfig } from "#src/train/config.ts";
import { groupParameters } from "#src/train/groups.ts";
import { createStore, initializeStore } from "#src/train/parameter-store.ts";
import { bindStep, trainGraph } from "#src/train/step.ts";
import { openStoredFeatures } from "#src/train/stored-features.ts";
import { type Benchmark, type Cost, type Figure, figureOf, timed } from "./figure.ts";
import { randomBatch } from "./random-batch.ts";

const repetitions = 7;
/** Of VQAv2's usual vocabulary. */
const answers = 3129;
const batch = 4;

const config = (freeze: string[]): RunConfig => ({
  ...configOf(meterBase),
  task: { kind: "vqa", questionsPerImage: 1 },
  train: { ...meterBase.train, batch, accumulate: 1, factors: [], freeze, cacheFeatures: { gigabytes: 1 } },
});
const towers = ["model.image", "model.text"];

/** A step with its update, and the operations of its products. */
interface Prepared {
  readonly operations: number;
  run(): Promise<void>;
}

async function prepare(freeze: string[], stored: boolean): Promise<Prepared> {
  const run = config(freeze);
  const sizes = sizesOf(run, answers);
  const { types } = batchPlan(run.task, sizes);
  const { task, parameters } = assemble(run, sizes);
  const groups = groupParameters(parameters, run.train);
  const store = createStore(parameters, groups);
  initializeStore(store, parameters, 0);
  const learning = groups.flatMap((group) => group.parameters);
  const whole = trainGraph(task.loss, types, learning, freeze);
  const slot = randomBatch(run, types, answers);
  const features = stored
    ? await openStoredFeatures(defaultBackend, whole, run.train, store.weights, batch)
    : undefined;
  const graph = features?.step ?? whole;
  const step = await bindStep(defaultBackend, graph, store, [{ ...slot, ...features?.arrays }]);
  const optimizer = await adamW(defaultBackend, store, run.train.optimizer);
  let done = 0;
  return {
    operations: flops(graph),
    run: async () => {
      await features?.fill(slot);
      await step.run(0, done);
      const norm = await optimizer.gradientNorm();
      await optimizer.update(done++, 1e-5, 1 / norm);
    },
  };
}

export const freezing: Benchmark = {
  description: "samples/s of METER-base on questions: all learns, frozen towers, their states from the disk",
  run: async () => {
    const folder = mkdtempSync(join(tmpdir(), "bifocal-freezing-"));
    process.env.BIFOCAL_FEATURES = folder;
    try {
      const kinds = {
        "all learns": await prepare([], false),
        "frozen towers": await prepare(towers, false),
        "frozen, states stored": await prepare(towers, true),
      };
      const costs: Record<string, Cost[]> = Object.fromEntries(Object.keys(kinds).map((name) => [name, []]));
      for (let round = 0; round <= repetitions; round++) {
        for (const [name, { run }] of Object.entries(kinds)) {
          const cost = await timed(run);
          // The first round fills the store and the memory.
          if (round > 0) costs[name]!.push(cost);
        }
      }
      return figures(kinds, costs);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

function figures(
  kinds: Readonly<Record<string, Prepared>>,
  costs: Readonly<Record<string, Cost[]>>,
): Figure[] {
  const [all, ...frozen] = Object.keys(kinds) as [string, ...string[]];
  const speeds = Object.keys(kinds).map((name) =>
    figureOf(
      name,
      "samples/s",
      costs[name]!.map(({ seconds }) => batch / seconds),
    ),
  );
  const ratios = frozen.flatMap((name) => {
    const against = (kind: keyof Cost) => costs[name]!.map((cost, i) => costs[all]![i]![kind] / cost[kind]);
    return [
      figureOf(`${name} / ${all}`, "", against("seconds")),
      figureOf(`${name} / ${all}, by CPU time`, "", against("cpuSeconds")),
      {
        name: `${name} / ${all}, by operations`,
        value: kinds[all]!.operations / kinds[name]!.operations,
        unit: "",
      },
    ];
  });
  return [...speeds, ...ratios];
}
