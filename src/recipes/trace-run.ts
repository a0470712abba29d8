import { apply } from "../graph/tensor.ts";
import { traced } from "../graph/trace.ts";
import { batchPlan } from "../tasks/index.ts";
import { assemble, sizesOf } from "../train/assemble.ts";
import type { RunConfig } from "../train/config.ts";

/** Of any data set: what does not fit, fits no number of answers. */
const answers = 2;

/**
 * Builds model and task and traces the loss of a training batch, computing nothing.
 * @throws BifocalError when the parts of the run do not fit one another.
 */
export function traceRun(config: RunConfig): void {
  const sizes = sizesOf(config, answers);
  const { task } = assemble(config, sizes);
  const key = apply("input", { name: "key", type: { dtype: "i32", shape: [1] } });
  const batch = Object.entries(batchPlan(config.task, sizes).types).map(
    ([name, type]) => [name, apply("input", { name, type })] as const,
  );
  traced({ mode: "train", key, isFrozen: () => false }, () => task.loss(Object.fromEntries(batch)));
}
