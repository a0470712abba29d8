/** The thread that makes batches: what `openLoader` starts. */
import { foldKey } from "../core/rng.ts";
import { serveBatches } from "../data/batch-server.ts";
import { batchOrder } from "../data/order.ts";
import { batchPlan, type TaskConfig } from "./index.ts";
import { openSource, type PreparedSource } from "./source.ts";
import type { Sizes } from "./task.ts";

/** What the thread needs to make this rank's rows of batches of the training split in seeded order, or of another split from its start. */
export interface BatchWorkerSetup {
  readonly source: PreparedSource;
  readonly task: TaskConfig;
  readonly sizes: Sizes;
  readonly split: string;
  readonly training: boolean;
  readonly seed: number;
  /** `sizes.batch` rows of each of so many ranks make a batch. */
  readonly rank: number;
  readonly ranks: number;
}

serveBatches(async (received) => {
  const { source: prepared, task, sizes, split, training, seed, rank, ranks } = received as BatchWorkerSetup;
  const source = openSource(prepared);
  const plan = batchPlan(task, sizes);
  const { splits, draw } = source.dataset;
  const size = splits[split]!;
  const batch = ranks * sizes.batch;
  const first = rank * sizes.batch;
  return (step, arrays) => {
    const all = training
      ? (draw?.(split, step, batch, seed) ?? batchOrder(step, batch, size, seed))
      : Array.from({ length: batch }, (_, i) => (step * batch + i) % size);
    const indices = all.slice(first, first + sizes.batch);
    return plan.fill(source, { split, indices, first, key: foldKey(seed, split, step), training }, arrays);
  };
});
