/** What `--recompute blocks` saves and costs: METER-base's pretraining step, activations kept and computed again. */
import { defaultBackend } from "#src/backends/default.ts";
import { meterBase } from "#src/recipes/meter-base.ts";
import { configOf } from "#src/recipes/recipe.ts";
import type { RunConfig } from "#src/train/config.ts";
import { planRun } from "#src/train/plan.ts";
import { type Benchmark, type Figure, figureOf, timed } from "./figure.ts";
import { inProcesses } from "./in-processes.ts";
import { prepareStep } from "./pretraining-step.ts";
import { memoryFigures } from "./speed.ts";

const repetitions = 3;
const batch = 8;

function stepOf(recompute: "blocks" | undefined): Benchmark {
  const train = { ...meterBase.train, batch, accumulate: 1, recompute };
  const config: RunConfig = { ...configOf(meterBase), train };
  return {
    description: `a pretraining step of meter-base, batch ${batch}, activations ${recompute === undefined ? "kept" : "computed again"}`,
    run: async () => {
      const step = await prepareStep(defaultBackend, config);
      await step.run();
      const seconds: number[] = [];
      for (let i = 0; i < repetitions; i++) seconds.push((await timed(step.run)).seconds);
      const { memory } = planRun(config, 0);
      const figures: Figure[] = [
        figureOf("step", "s", seconds),
        { name: "predicted activations", value: Math.round(memory.activations / 1e6), unit: "MB" },
      ];
      return [...figures, ...memoryFigures(memory.total)];
    },
  };
}

const sides = { "recompute-none": stepOf(undefined), "recompute-blocks": stepOf("blocks") };

/** By name: recompute, and each of its sides alone. */
export const recompute: Readonly<Record<string, Benchmark>> = {
  recompute: {
    description: "both of the following, each in a process of its own",
    run: async () => inProcesses(Object.keys(sides)),
  },
  ...sides,
};
