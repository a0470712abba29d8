/**
 * What libtorch's calls cost beside their arithmetic: METER-base's pretraining step with all its layers, but so narrow
 * that there is next to nothing to multiply. On a GPU the processor has to be faster than this to keep it busy.
 */
import { chooseBackend } from "#src/backends/choose.ts";
import { assert } from "#src/core/errors.ts";
import { meterBase } from "#src/recipes/meter-base.ts";
import { configOf } from "#src/recipes/recipe.ts";
import type { RunConfig } from "#src/train/config.ts";
import type { Benchmark, Cost } from "./figure.ts";
import { asking, inTurn, openPyTorch, type Place, usualPlace } from "./in-turn.ts";
import { prepareStep } from "./pretraining-step.ts";

const width = 24;
/** In a turn: the first of them finds the other side's memory in the caches. */
const steps = 20;

function narrowConfig(): RunConfig {
  const { model, ...rest } = configOf(meterBase);
  assert(model.kind === "meter", "METER-base is another model");
  const narrow = <T>(part: T) => ({ ...part, width, hidden: 4 * width });
  const image = { ...narrow(model.image), imageSize: 32 };
  return {
    ...rest,
    model: { ...model, image, text: narrow(model.text), fusion: narrow(model.fusion) },
    train: { ...rest.train, batch: 1, accumulate: 1, textLength: 8 },
  };
}

export const launch: Benchmark = {
  description: "calls of a step of meter-base with layers of 24 numbers, one thread, beside PyTorch eager",
  run: async () => {
    process.env.OMP_NUM_THREADS = "1";
    const device = process.env.BIFOCAL_DEVICE ?? "cpu";
    const place: Place = { ...usualPlace, device, threads: 1, width };
    const backend = await chooseBackend({ backend: "torch", device, precision: place.precision });
    const config = narrowConfig();
    const step = await prepareStep(backend, config);
    const other = await openPyTorch("meter", "eager", config, place);
    const ask = other && asking(other.python);
    const ours = async () => {
      for (let i = 0; i < steps; i++) await step.run();
    };
    const theirs = other &&
      ask && {
        about: other.about,
        work: async (what: string) => {
          const costs: Cost[] = [];
          for (let i = 0; i < steps; i++) costs.push(await ask(what));
          return {
            seconds: costs.reduce((sum, { seconds }) => sum + seconds, 0),
            cpuSeconds: costs.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
          };
        },
      };
    const { figures } = await inTurn("step", "steps/s", steps, ours, theirs);
    other?.python.close();
    return [...figures, { name: "parameters: Bifocal", value: step.parameters, unit: "" }];
  },
};
