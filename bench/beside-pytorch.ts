/**
 * The same model, data and precision in Bifocal and in PyTorch, in turn in one run: pretraining steps, forward passes,
 * and pictures and texts encoded for retrieval.
 */
import { defaultBackend } from "#src/backends/default.ts";
import { sizeOf } from "#src/core/shape.ts";
import { transforms } from "#src/data/transform-config.ts";
import { forwardGraph } from "#src/eval/forward-graph.ts";
import { buildModel, needFusion } from "#src/models/index.ts";
import { pixels } from "#src/nn/pixels.ts";
import { declare, initialize } from "#src/nn/scope.ts";
import { bridgetowerBase } from "#src/recipes/bridgetower-base.ts";
import { meterBase } from "#src/recipes/meter-base.ts";
import { data, mlm, randomItm } from "#src/recipes/pretraining.ts";
import { configOf, type Recipe } from "#src/recipes/recipe.ts";
import { vilt } from "#src/recipes/vilt.ts";
import { batchPlan } from "#src/tasks/index.ts";
import { sizesOf } from "#src/train/assemble.ts";
import type { RunConfig } from "#src/train/config.ts";
import { type Benchmark, type Figure, figureOf, peakResident } from "./figure.ts";
import { gemmPeak, peakFigures, type Speed } from "./gemm.ts";
import { asking, inTurn, type Mode, openPyTorch } from "./in-turn.ts";
import { prepareStep } from "./pretraining-step.ts";
import { randomBatch } from "./random-batch.ts";

/** Squares, and the two objectives that PyTorch's side has. */
const squareVilt: Recipe = {
  ...vilt,
  task: { kind: "pretrain", mlm: mlm(true), itm: randomItm },
  data: { ...data, transform: transforms.clip },
};

/** Batches small enough for both sides to fit into 20 GB together. */
const models = {
  meter: { recipe: meterBase, batch: 4 },
  vilt: { recipe: squareVilt, batch: 8 },
  bridgetower: { recipe: bridgetowerBase, batch: 2 },
} as const satisfies Record<string, { recipe: Recipe; batch: number }>;
type Name = keyof typeof models;

const modes = ["eager", "compiled", "published"] as const satisfies readonly Mode[];
const called: Readonly<Record<Mode, string>> = {
  eager: "PyTorch eager",
  compiled: "PyTorch compiled",
  published: "PyTorch as the model's own repository trains it",
};

function configFor(name: Name): RunConfig {
  const { recipe, batch } = models[name];
  return { ...configOf(recipe), train: { ...recipe.train, batch, accumulate: 1 } };
}

function training(name: Name, mode: Mode): Benchmark {
  const { recipe, batch } = models[name];
  return {
    description: `pretraining steps of ${recipe.name}, batch ${batch}, beside ${called[mode]}`,
    run: async () => {
      const config = configFor(name);
      const step = await prepareStep(defaultBackend, config);
      const other = await openPyTorch(name, mode, config);
      const theirs = other && { about: other.about, work: asking(other.python) };
      const peak = await gemmPeak();
      const peaks: Speed[] = [];
      const { figures, costs } = await inTurn("step", "samples/s", batch, step.run, theirs, async () => {
        peaks.push(await peak());
      });
      const gemm = peakFigures(peaks);
      const work = step.operations / 1e9;
      const memory = [{ name: "peak memory: Bifocal", value: Math.round(peakResident() / 1e6), unit: "MB" }];
      const sizes = [{ name: "parameters: Bifocal", value: step.parameters, unit: "" }];
      if (other !== undefined) {
        const { bytes } = JSON.parse(await other.python.ask("memory")) as { bytes: number };
        memory.push({ name: `peak memory: ${other.about}`, value: Math.round(bytes / 1e6), unit: "MB" });
        sizes.push({ name: `parameters: ${other.about}`, value: other.parameters, unit: "" });
        other.python.close();
      }
      return [
        ...figures,
        { name: "products of a step", value: work, unit: "GFLOP" },
        ...gemm,
        figureOf(
          "speed / peak",
          "",
          costs.map(({ seconds }) => work / seconds / gemm[0]!.value),
        ),
        ...memory,
        ...sizes,
      ];
    },
  };
}

/** Pictures and texts to their towers' states and to both together, with random weights. */
async function ourForward(config: RunConfig) {
  const { types } = batchPlan(config.task, sizesOf(config, 0));
  const { model, parameters } = declare((at) => buildModel(at.in("model"), config.model), config.model.std);
  const weights: Record<string, Float32Array> = {};
  for (const parameter of parameters) {
    weights[parameter.name] = new Float32Array(sizeOf(parameter.shape));
    initialize(parameter, 0, weights[parameter.name]!);
  }
  const used = Object.fromEntries(["image", "ids", "keep"].map((name) => [name, types[name]!]));
  const fusion = needFusion(model, "the benchmark");
  const image = (given: Parameters<Parameters<typeof forwardGraph>[3]>[0]) =>
    model.encodeImage({ pixels: pixels(given.image!, model.colours) });
  const text = (given: Parameters<typeof image>[0]) =>
    model.encodeText({ ids: given.ids!, keep: given.keep! });
  const batch = randomBatch(config, used);
  const prepare = async (build: Parameters<typeof forwardGraph>[3]) => {
    const graph = await forwardGraph(defaultBackend, weights, used, build);
    for (const [name, values] of Object.entries(graph.inputs)) values.set(batch[name]! as never);
    return graph.run;
  };
  return {
    forward: await prepare((given) => {
      const { words, pooled } = fusion.fuse(image(given), text(given));
      return { words, pooled };
    }),
    images: await prepare((given) => ({ pooled: image(given).pooled })),
    texts: await prepare((given) => ({ pooled: text(given).pooled })),
  };
}

function inference(name: Name, mode: Mode): Benchmark {
  const { recipe, batch } = models[name];
  return {
    description: `forward passes of ${recipe.name} and its towers alone, batch ${batch}, beside ${called[mode]}`,
    run: async () => {
      const config = configFor(name);
      const ours = await ourForward(config);
      const other = await openPyTorch(name, mode, config);
      const theirs = other && { about: other.about, work: asking(other.python) };
      const figures: Figure[] = [];
      // What a picture or a text alone is to a single stream is no encoding in the original.
      for (const what of name === "vilt"
        ? (["forward"] as const)
        : (["forward", "images", "texts"] as const)) {
        const unit = what === "forward" ? "pairs/s" : `${what}/s`;
        figures.push(...(await inTurn(what, unit, batch, ours[what], theirs)).figures);
      }
      other?.python.close();
      const peak = await gemmPeak();
      return [...figures, ...peakFigures([await peak(), await peak()])];
    },
  };
}

const all = (Object.keys(models) as Name[]).flatMap((name) =>
  modes.flatMap((mode) => {
    const suffix = mode === "eager" ? "" : `-${mode}`;
    const step = [`training-${name}${suffix}`, training(name, mode)] as const;
    return mode === "published"
      ? [step]
      : [step, [`inference-${name}${suffix}`, inference(name, mode)] as const];
  }),
);

/** By name: training-meter, inference-meter, training-meter-compiled, and so on. */
export const besidePyTorch: Readonly<Record<string, Benchmark>> = Object.fromEntries(all);
