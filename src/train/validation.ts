import type { Backend } from "../backends/backend.ts";
import { allocate } from "../core/dtype.ts";
import { foldKey } from "../core/rng.ts";
import { sizeOf } from "../core/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { BatchPlan, Sizes, Source, TaskOutput } from "../tasks/task.ts";
import type { TrainConfig } from "./config.ts";
import type { ParameterStore } from "./parameter-store.ts";
import { bindStep, validationGraph } from "./step.ts";

/**
 * Mean loss and metrics over the first batches of the validation split, with the weights, or their running mean, as they
 * are when it is called. The batches are made once and stay in memory; selection reads them, so no test split is ever touched.
 */
export async function openValidation(
  backend: Backend,
  loss: (batch: Readonly<Record<string, Tensor>>) => TaskOutput,
  plan: BatchPlan,
  source: Source,
  sizes: Sizes,
  { validation, seed }: Pick<TrainConfig, "validation" | "seed">,
  store: ParameterStore,
): Promise<() => Promise<Record<string, number>>> {
  const size = source.dataset.splits.val!;
  const slots = await Promise.all(
    Array.from({ length: validation.batches }, async (_, b) => {
      const arrays = Object.fromEntries(
        Object.entries(plan.types).map(([name, { dtype, shape }]) => [name, allocate(dtype, sizeOf(shape))]),
      );
      const indices = Array.from({ length: sizes.batch }, (_, i) => (b * sizes.batch + i) % size);
      await plan.fill(
        source,
        { split: "val", indices, key: foldKey(seed, "val", b), training: false },
        arrays,
      );
      return arrays;
    }),
  );
  const step = await bindStep(
    backend,
    validationGraph(loss, plan.types),
    { ...store, weights: store.averaged },
    slots,
  );
  return async () => {
    const means: Record<string, number> = {};
    for (const slot of slots.keys()) {
      for (const [name, value] of Object.entries(await step.run(slot, 0))) {
        means[name] = (means[name] ?? 0) + value / slots.length;
      }
    }
    return means;
  };
}
