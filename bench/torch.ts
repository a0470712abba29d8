import { availableParallelism } from "node:os";
import type { BackendChoice } from "#src/backends/choose.ts";
import { chooseBackend } from "#src/backends/choose.ts";
import { type Benchmark, type Figure, figureOf, timed } from "./figure.ts";
import { startPython } from "./python.ts";
import { bindStack } from "./stack.ts";

const repetitions = 7;
const [depth, batch] = [2, 2];

const choices: Readonly<Record<string, BackendChoice>> = {
  "onnx f32": { backend: "onnx", device: "cpu", precision: "f32" },
  "torch f32": { backend: "torch", device: "cpu", precision: "f32" },
  "torch bf16": { backend: "torch", device: "cpu", precision: "bf16" },
};

/** Every choice and PyTorch in turn, so that all meet the same disturbances. */
export const torch: Benchmark = {
  description: "2 ViT-B blocks forward and backward, every backend and precision, beside PyTorch eager",
  run: async () => {
    const python = await startPython("stack.py", [`${availableParallelism()}`, `${depth}`, `${batch}`]);
    const runs = new Map<string, () => Promise<number>>();
    for (const [name, choice] of Object.entries(choices)) {
      const { step } = await bindStack(await chooseBackend(choice), depth, batch);
      runs.set(name, async () => (await timed(() => step.run())).seconds);
    }
    for (const precision of python === undefined ? [] : ["f32", "bf16"])
      runs.set(`PyTorch ${precision}`, async () => Number(await python!.ask(precision)));

    const seconds = new Map<string, number[]>([...runs.keys()].map((name) => [name, []]));
    for (let i = -1; i < repetitions; i++) {
      for (const [name, run] of runs) {
        const took = await run();
        if (i >= 0) seconds.get(name)!.push(took);
      }
    }
    python?.close();
    const figures: Figure[] = [...seconds].map(([name, all]) => figureOf(name, "s", all));
    for (const [name, { precision }] of Object.entries(choices)) {
      const theirs = seconds.get(`PyTorch ${precision}`);
      const ratios = theirs?.map((took, i) => took / seconds.get(name)![i]!);
      const target = name === "torch bf16" ? "at least 1.2" : undefined;
      if (ratios !== undefined) figures.push(figureOf(`PyTorch ${precision} / ${name}`, "", ratios, target));
    }
    return figures;
  },
};
