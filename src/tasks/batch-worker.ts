/** The thread that makes batches: what `openLoader` starts. */
import { foldKey } from "../core/rng.ts";
import { serveBatches } from "../data/batch-server.ts";
import { batchOrder } from "../data/order.ts";
import { batchPlan, type TaskConfig } from "./index.ts";
import { openSource, type PreparedSource } from "./source.ts";
import type { Sizes } from "./task.ts";

/** What the thread needs: batches of the training split in seeded order, or of another split from its start. */
export interface BatchWorkerSetup {
  readonly source: PreparedSource;
  readonly task: TaskConfig;
  readonly sizes: Sizes;
  readonly split: string;
  readonly training: boolean;
  readonly seed: number;
}

serveBatches(async (received) => {
  const { source: prepared, task, sizes, split, training, seed } = received as BatchWorkerSetup;
  const source = openSource(prepared);
  const plan = batchPlan(task, sizes);
  const { splits, draw } = source.dataset;
  const size = splits[split]!;
  return (step, arrays) => {
    const indices = training
      ? (draw?.(split, step, sizes.batch, seed) ?? batchOrder(step, sizes.batch, size, seed))
      : Array.from({ length: sizes.batch }, (_, i) => (step * sizes.batch + i) % size);
    return plan.fill(source, { split, indices, key: foldKey(seed, split, step), training }, arrays);
  };
});
