import type { Backend } from "../backends/backend.ts";
import { allocate } from "../core/dtype.ts";
import { foldKey } from "../core/rng.ts";
import { sizeOf } from "../core/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Communicator } from "../parallel/communicator.ts";
import type { BatchPlan, Sizes, Source, TaskOutput } from "../tasks/task.ts";
import { gatherNumbers } from "./across-ranks.ts";
import type { TrainConfig } from "./config.ts";
import type { ParameterStore } from "./parameter-store.ts";
import { bindStep, validationGraph } from "./step.ts";

/**
 * Mean loss and metrics over the first batches of the validation split, with the weights, or their running mean, as they
 * are when it is called. The batches are made once and stay in memory; selection reads them, so no test split is ever
 * touched. Ranks take whole batches in turn, and all get the bits that one process would.
 */
export async function openValidation(
  backend: Backend,
  loss: (batch: Readonly<Record<string, Tensor>>) => TaskOutput,
  plan: BatchPlan,
  source: Source,
  sizes: Sizes,
  { validation, seed }: Pick<TrainConfig, "validation" | "seed">,
  store: ParameterStore,
  ranks: Communicator,
): Promise<() => Promise<Record<string, number>>> {
  const size = source.dataset.splits.val!;
  const slots = await Promise.all(
    turnsOf(validation.batches, ranks).map(async (b) => {
      const arrays = Object.fromEntries(
        Object.entries(plan.types).map(([name, { dtype, shape }]) => [name, allocate(dtype, sizeOf(shape))]),
      );
      const indices = Array.from({ length: sizes.batch }, (_, i) => (b * sizes.batch + i) % size);
      await plan.fill(
        source,
        { split: "val", indices, first: 0, key: foldKey(seed, "val", b), training: false },
        arrays,
      );
      return arrays;
    }),
  );
  const graph = validationGraph(loss, plan.types);
  const step = await bindStep(backend, graph, { ...store, weights: store.averaged }, slots);
  const names = Object.keys(graph.outputs);
  const most = Math.ceil(validation.batches / ranks.size);
  return async () => {
    const own = new Array<number>(most * names.length).fill(Number.NaN);
    for (const slot of slots.keys()) {
      const values = await step.run(slot, 0);
      names.forEach((name, i) => {
        own[slot * names.length + i] = values[name]!;
      });
    }
    const all = await gatherNumbers(ranks, own);
    const means: Record<string, number> = {};
    for (let b = 0; b < validation.batches; b++) {
      const start = Math.floor(b / ranks.size) * names.length;
      names.forEach((name, i) => {
        means[name] = (means[name] ?? 0) + all[b % ranks.size]![start + i]! / validation.batches;
      });
    }
    return means;
  };
}

/** Numbers of the batches that are this rank's. */
function turnsOf(batches: number, { rank, size }: Communicator): number[] {
  return Array.from({ length: batches }, (_, b) => b).filter((b) => b % size === rank);
}
