import type { Backend } from "../backends/backend.ts";
import { fail } from "../core/errors.ts";
import { progress } from "../files/progress.ts";
import type { Tensor } from "../graph/tensor.ts";
import { buildModel } from "../models/index.ts";
import { declare } from "../nn/scope.ts";
import { batchPlan, buildTask, type TaskConfig } from "../tasks/index.ts";
import { forwardGraph } from "./forward-graph.ts";
import { loadWeights, type OpenedRun, type RunWithData } from "./open-run.ts";

/** A run's task, built. */
export type BuiltTask<Kind extends TaskConfig["kind"]> = Extract<
  ReturnType<typeof buildTask>,
  { readonly kind: Kind }
>;

/** The run's task, known to be of a kind. @throws BifocalError when it is another. */
export function needTask<Kind extends TaskConfig["kind"]>(
  { config }: OpenedRun,
  kind: Kind,
): Extract<TaskConfig, { readonly kind: Kind }> {
  const { task } = config;
  if (task.kind !== kind) {
    fail("usage", config.name, {
      expected: `a run of task ${kind}`,
      got: task.kind,
      todo: `fine-tune it for ${kind} first`,
    });
  }
  return task as Extract<TaskConfig, { readonly kind: Kind }>;
}

/**
 * Runs the first `n` examples of a split through a run's own task and gives `score`'s rows [B,C] one example at a time.
 * A last batch is filled up with its own examples, which are not given.
 */
export async function* scoredExamples<Kind extends TaskConfig["kind"]>(
  backend: Backend,
  run: RunWithData,
  kind: Kind,
  split: string,
  n: number,
  score: (task: BuiltTask<Kind>, batch: Readonly<Record<string, Tensor>>) => Tensor,
): AsyncGenerator<{ readonly index: number; readonly scores: Float32Array }> {
  const { config, sizes, source } = run;
  const task = needTask(run, kind);
  const { model: built, parameters } = declare((at) =>
    buildTask(at.in("heads"), buildModel(at.in("model"), config.model), task, sizes),
  );
  const plan = batchPlan(task, sizes);
  const weights = await loadWeights(run.weightsPath, parameters);
  const graph = await forwardGraph(backend, weights, plan.types, (batch) => ({
    scores: score(built as BuiltTask<Kind>, batch),
  }));
  const scores = graph.outputs.scores as Float32Array;
  const width = scores.length / sizes.batch;
  const bar = progress({ label: `${kind} ${split}`, total: n, unit: "examples" });
  for (let start = 0; start < n; start += sizes.batch) {
    const count = Math.min(sizes.batch, n - start);
    const indices = Array.from({ length: sizes.batch }, (_, i) => start + (i % count));
    await plan.fill(source, { split, indices, first: 0, key: 0, training: false }, graph.inputs);
    await graph.run();
    for (let row = 0; row < count; row++) {
      yield { index: start + row, scores: scores.slice(row * width, (row + 1) * width) };
    }
    bar.update(start + count);
  }
  bar.finish();
}
