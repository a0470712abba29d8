/** A whole training step of METER-base on 8 pictures: loss, gradients, their norm and the update. */
import { defaultBackend } from "#src/backends/default.ts";
import { flops } from "#src/graph/cost.ts";
import type { Graph } from "#src/graph/graph.ts";
import type { TensorType } from "#src/graph/ops/definition.ts";
import { meterBase } from "#src/recipes/meter-base.ts";
import { configOf } from "#src/recipes/recipe.ts";
import { batchPlan } from "#src/tasks/index.ts";
import { adamW } from "#src/train/adamw/index.ts";
import { assemble, sizesOf } from "#src/train/assemble.ts";
import type { RunConfig } from "#src/train/config.ts";
import { groupParameters } from "#src/train/groups.ts";
import { createStore, initializeStore } from "#src/train/parameter-store.ts";
import { planRun } from "#src/train/plan.ts";
import { bindStep, trainGraph } from "#src/train/step.ts";
import { type Benchmark, type Cost, type Figure, figureOf, timed } from "./figure.ts";
import { gemmPeak } from "./gemm.ts";
import { randomBatch } from "./random-batch.ts";
import { memoryFigures, type Repetition, speedFigures } from "./speed.ts";

const repetitions = 3;
const config: RunConfig = { ...configOf(meterBase), train: { ...meterBase.train, batch: 8, accumulate: 1 } };

function withoutDropout({ model, ...rest }: RunConfig): RunConfig {
  if (model.kind !== "meter") return { model, ...rest };
  const off = <T>(part: T) => ({ ...part, dropout: 0 });
  return { ...rest, model: { ...model, text: off(model.text), fusion: off(model.fusion) } };
}

function graphOfStep(of: RunConfig): { graph: Graph; types: Readonly<Record<string, TensorType>> } {
  const sizes = sizesOf(of, 0);
  const { types } = batchPlan(of.task, sizes);
  const { task, parameters } = assemble(of, sizes);
  return { graph: trainGraph(task.loss, types, parameters, []), types };
}

export const meterBaseStep: Benchmark = {
  description: "one training step of METER-base, batch 8: passes, gradient norm, AdamW",
  run: async () => {
    const { parameters } = assemble(config, sizesOf(config, 0));
    const store = createStore(parameters, groupParameters(parameters, config.train));
    initializeStore(store, parameters, 0);
    const { graph, types } = graphOfStep(config);
    const slots = [randomBatch(config, types)];
    const step = await bindStep(defaultBackend, graph, store, slots);
    const optimizer = await adamW(defaultBackend, store, config.train.optimizer);
    const update = async (i: number) => {
      const norm = await optimizer.gradientNorm();
      await optimizer.update(i, 1e-5, 1 / norm);
    };
    await step.run(0, 1);
    await update(0);
    const memory = memoryFigures(planRun(config, 0).memory.total);

    const plain = await bindStep(defaultBackend, graphOfStep(withoutDropout(config)).graph, store, slots);
    await plain.run(0, 1);
    const peak = await gemmPeak();
    const done: Repetition[] = [];
    const updates: Cost[] = [];
    const plains: Cost[] = [];
    for (let i = 1; i <= repetitions; i++) {
      const before = await peak();
      done.push({ cost: await timed(() => step.run(0, i)), before, after: await peak() });
      updates.push(await timed(() => update(i)));
      plains.push(await timed(() => plain.run(0, i)));
    }
    return [...figures(graph, done, updates, plains), ...memory];
  },
};

function figures(
  graph: Graph,
  done: readonly Repetition[],
  updates: readonly Cost[],
  plains: readonly Cost[],
): Figure[] {
  const passes = done.map(({ cost }) => cost);
  const share = (name: string, target: string, of: (i: number, kind: keyof Cost) => number) => [
    figureOf(
      name,
      "%",
      passes.map((_, i) => 100 * of(i, "seconds")),
      target,
    ),
    figureOf(
      `${name}, CPU time`,
      "%",
      passes.map((_, i) => 100 * of(i, "cpuSeconds")),
      target,
    ),
  ];
  const whole = (i: number, kind: keyof Cost) => passes[i]![kind] + updates[i]![kind];
  return [
    figureOf(
      "step",
      "s",
      passes.map((_, i) => whole(i, "seconds")),
    ),
    figureOf(
      "norm and update",
      "s",
      updates.map(({ seconds }) => seconds),
    ),
    ...share("optimizer's share", "at most 10 %", (i, kind) => updates[i]![kind] / whole(i, kind)),
    ...share(
      "dropout's share",
      "at most 5 %",
      (i, kind) => (passes[i]![kind] - plains[i]![kind]) / whole(i, kind),
    ),
    ...speedFigures(flops(graph), done, "at least 0.70"),
  ];
}
