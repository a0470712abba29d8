/**
 * What libtorch's calls cost beside their arithmetic: METER-base's pretraining step with all its layers, but so narrow
 * that there is next to nothing to multiply. On a GPU the processor has to be faster than this to keep it busy.
 */
import { chooseBackend } from "#src/backends/choose.ts";
import type { Benchmark, Cost } from "./figure.ts";
import { asking, inTurn, openPyTorch, type Place, usualPlace } from "./in-turn.ts";
import { prepareStep } from "./pretraining-step.ts";
import { sizedMeter } from "./sized-meter.ts";

const sizes = { batch: 1, width: 24, imageSize: 32, textLength: 8 };
/** In a turn: the first of them finds the other side's memory in the caches. */
const steps = 20;

export const launch: Benchmark = {
  description: "calls of a step of meter-base with layers of 24 numbers, one thread, beside PyTorch eager",
  run: async () => {
    process.env.OMP_NUM_THREADS = "1";
    const device = process.env.BIFOCAL_DEVICE ?? "cpu";
    const place: Place = { ...usualPlace, device, threads: 1, width: sizes.width };
    const backend = await chooseBackend({ backend: "torch", device, precision: place.precision });
    const config = sizedMeter(sizes);
    const step = await prepareStep(backend, config);
    const other = await openPyTorch("meter", "eager", config, place);
    const ask = other && asking(other.python);
    const ours = async () => {
      for (let i = 0; i < steps; i++) await step.run();
    };
    const work = async (what: string) => {
      const costs: Cost[] = [];
      for (let i = 0; i < steps; i++) costs.push(await ask!(what));
      const total = (of: keyof Cost) => costs.reduce((sum, cost) => sum + cost[of], 0);
      return { seconds: total("seconds"), cpuSeconds: total("cpuSeconds") };
    };
    const theirs = other && { about: other.about, work };
    const { figures } = await inTurn("step", "steps/s", steps, ours, theirs);
    other?.python.close();
    return [...figures, { name: "parameters: Bifocal", value: step.parameters, unit: "" }];
  },
};
