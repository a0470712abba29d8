/** What a run will need, from its configuration alone: graphs are traced, nothing is compiled or allocated. */
import { dtypeBytes } from "../core/dtype.ts";
import { flopsByPath } from "../graph/cost.ts";
import type { Graph } from "../graph/graph.ts";
import { peakMemory } from "../graph/memory.ts";
import { countParameters } from "../nn/scope.ts";
import { batchPlan } from "../tasks/index.ts";
import { assemble, sizesOf } from "./assemble.ts";
import type { RunConfig } from "./config.ts";
import { frozenAt, isUnder } from "./freeze.ts";
import { groupParameters, learningAt } from "./groups.ts";
import { trainGraph, validationGraph } from "./step.ts";

/** Floating-point operations of matrix products, for one picture and its texts. */
export interface PlannedFlops {
  /** Of every token, as papers count them. */
  readonly forward: number;
  /** Forward, backward and what is repeated between them; what nobody reads is left out. */
  readonly step: number;
}

/** What a run needs in numbers, floating-point operations and bytes. */
export interface RunPlan {
  /** Numbers of values. Parts are the second level of paths: "model.image", "heads.mlm". */
  readonly parameters: {
    readonly total: number;
    readonly trainable: number;
    readonly withoutHeads: number;
    readonly byPart: Readonly<Record<string, number>>;
  };
  readonly flopsPerSample: PlannedFlops & { readonly byPart: Readonly<Record<string, PlannedFlops>> };
  /** Bytes. Activations are what a step holds at its peak, as `peakMemory` says; the program itself is not counted. */
  readonly memory: {
    readonly parameters: number;
    readonly gradients: number;
    readonly moments: number;
    /** The running mean of the weights, where one is kept. */
    readonly average?: number;
    readonly activations: number;
    readonly total: number;
  };
}

/**
 * Plans a run, of which parts that are frozen for a time have begun to learn; `answers` is the number of answers of its data set.
 * @throws BifocalError as training would for a configuration whose parts do not fit.
 */
export function planRun(config: RunConfig, answers: number): RunPlan {
  const { batch, accumulate, freeze, recompute, ema } = config.train;
  const sizes = sizesOf(config, answers);
  const { types } = batchPlan(config.task, sizes);
  const { task, parameters } = assemble(config, sizes);
  const learning = learningAt(groupParameters(parameters, config.train), Infinity);
  const step = trainGraph(task.loss, types, learning, frozenAt(freeze, Infinity), recompute);
  const forward = flopsByPart(validationGraph(task.loss, types), batch);
  const both = flopsByPart(step, batch);
  const names = [...new Set([...Object.keys(forward), ...Object.keys(both)])];

  const bytes = dtypeBytes.f32;
  const total = countParameters(parameters);
  const trainable = countParameters(learning);
  const memory = {
    // Buffers lie beside the parameters that were counted.
    parameters: bytes * sum(parameters.map(({ tensor }) => tensor.size)),
    // A second copy holds the sum where several passes make a step.
    gradients: bytes * trainable * (accumulate > 1 ? 2 : 1),
    moments: bytes * trainable * 2,
    ...(ema && { average: bytes * trainable }),
    activations: peakMemory(step),
  };
  return {
    parameters: {
      total,
      trainable,
      withoutHeads: countParameters(parameters.filter(({ name }) => isUnder(name, "model"))),
      byPart: sums(parameters.map((parameter) => [partOf(parameter.name), countParameters([parameter])])),
    },
    flopsPerSample: {
      forward: sum(Object.values(forward)),
      step: sum(Object.values(both)),
      byPart: Object.fromEntries(
        names.map((name) => [name, { forward: forward[name] ?? 0, step: both[name] ?? 0 }]),
      ),
    },
    memory: { ...memory, total: sum(Object.values(memory)) },
  };
}

function flopsByPart(graph: Graph, samples: number): Record<string, number> {
  return sums([...flopsByPath(graph)].map(([path, count]) => [partOf(path), count / samples]));
}

function partOf(path: string): string {
  return path.split(".").slice(0, 2).join(".");
}

function sums(entries: readonly (readonly [string, number])[]): Record<string, number> {
  const totals: Record<string, number> = {};
  for (const [name, value] of entries) totals[name] = (totals[name] ?? 0) + value;
  return totals;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
