/** Whether data keep up with training: the loader alone, and the share of a step that waits for it. */
import { defaultBackend } from "#src/backends/default.ts";
import { sizeOf } from "#src/core/shape.ts";
import { type Loader, type LoaderOptions, openLoader } from "#src/data/loader.ts";
import { progress } from "#src/files/progress.ts";
import { meterTiny } from "#src/recipes/meter-tiny.ts";
import type { BatchWorkerSetup } from "#src/tasks/batch-worker.ts";
import { batchPlan } from "#src/tasks/index.ts";
import { learnTokenizer, openSource, prepareSource } from "#src/tasks/source.ts";
import { assemble, sizesOf } from "#src/train/assemble.ts";
import { groupParameters } from "#src/train/groups.ts";
import { createStore, initializeStore } from "#src/train/parameter-store.ts";
import { bindStep, trainGraph } from "#src/train/step.ts";
import { type Benchmark, figureOf } from "./figure.ts";
import { transformFigures } from "./transforms.ts";

const repetitions = 5;
const batches = 8;
const { task, train, data: dataset, model } = meterTiny;

export const data: Benchmark = {
  description:
    "images/s from JPEG files to augmented squares; the loader of meter-tiny, and what a step waits for it",
  run: async () => {
    const sizes = sizesOf(meterTiny, 0);
    const { types } = batchPlan(task, sizes);
    const batch = Object.fromEntries(
      Object.entries(types).map(([name, { dtype, shape }]) => [name, { dtype, size: sizeOf(shape) }]),
    );
    const source = await prepareSource(dataset, await learnTokenizer(dataset, model.text.vocab));
    const setup: BatchWorkerSetup = {
      source,
      task,
      sizes,
      split: "train",
      training: true,
      seed: 1,
      rank: 0,
      ranks: 1,
    };
    const worker = new URL(import.meta.resolve("#src/tasks/batch-worker.ts"));
    const options: LoaderOptions = { worker, setup, batch, workers: 1, ahead: 3 };
    const figures = await transformFigures(openSource(source).dataset);
    const loader = openLoader(options, 0);
    try {
      const alone = await rates("loader alone", loader, async () => {});
      const built = assemble(meterTiny, sizes);
      const store = createStore(built.parameters, groupParameters(built.parameters, train));
      initializeStore(store, built.parameters, 0);
      const graph = trainGraph(built.task.loss, types, built.parameters, []);
      const step = await bindStep(defaultBackend, graph, store, loader.slots);
      const training = await rates(
        "loader and gradients",
        loader,
        async (slot, i) => void (await step.run(slot, i)),
      );
      return [
        ...figures,
        figureOf(
          "loader alone",
          "samples/s",
          alone.map(({ speed }) => speed),
        ),
        figureOf(
          "loader and gradients",
          "samples/s",
          training.map(({ speed }) => speed),
        ),
        figureOf(
          "waiting for data",
          "%",
          training.map(({ waiting }) => 100 * waiting),
        ),
      ];
    } finally {
      await loader.close();
    }
  },
};

/** Speed and share of waiting of several rounds; a first round is not counted. */
async function rates(label: string, loader: Loader, use: (slot: number, i: number) => Promise<void>) {
  const rounds: { speed: number; waiting: number }[] = [];
  const bar = progress({ label, total: repetitions + 1 });
  for (let round = 0; round <= repetitions; round++) {
    const began = performance.now();
    let waited = 0;
    for (let i = 0; i < batches; i++) {
      const asked = performance.now();
      const { slot, release } = await loader.next();
      waited += performance.now() - asked;
      await use(slot, i);
      release();
    }
    const milliseconds = performance.now() - began;
    rounds.push({ speed: (1000 * batches * train.batch) / milliseconds, waiting: waited / milliseconds });
    bar.update(round + 1, { "samples/s": rounds.at(-1)!.speed });
  }
  bar.finish();
  return rounds.slice(1);
}
