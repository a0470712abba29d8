import type { Backend } from "#src/backends/backend.ts";
import type { TypedArray } from "#src/core/dtype.ts";
import { flops } from "#src/graph/cost.ts";
import { graphOf } from "#src/graph/graph.ts";
import { countParameters, type Parameter } from "#src/nn/scope.ts";
import { batchPlan } from "#src/tasks/index.ts";
import { adamW } from "#src/train/adamw/index.ts";
import { assemble, sizesOf } from "#src/train/assemble.ts";
import type { RunConfig } from "#src/train/config.ts";
import { deviceStore } from "#src/train/device-store.ts";
import { groupParameters } from "#src/train/groups.ts";
import { createStore, initializeStore } from "#src/train/parameter-store.ts";
import { bindStep, trainGraph } from "#src/train/step.ts";
import { randomBatch } from "./random-batch.ts";

/** A training step of a configuration with random weights on one random batch. */
export interface PreparedStep {
  /** Floating-point operations of its products. */
  readonly operations: number;
  readonly parameters: number;
  readonly batch: Readonly<Record<string, TypedArray>>;
  /** Gradients, their norm and the update; all of it is done at the end. */
  run(): Promise<void>;
}

/** Builds, initialises and compiles it. */
export async function prepareStep(backend: Backend, config: RunConfig): Promise<PreparedStep> {
  const sizes = sizesOf(config, 0);
  const { types } = batchPlan(config.task, sizes);
  const { task, parameters } = assemble(config, sizes);
  const store = createStore(parameters, groupParameters(parameters, config.train));
  initializeStore(store, parameters, 0);
  deviceStore(backend, store);
  const graph = trainGraph(task.loss, types, parameters, [], config.train.recompute);
  const batch = randomBatch(config, types);
  const step = await bindStep(backend, graph, store, [batch]);
  const optimizer = await adamW(backend, store, config.train.optimizer);
  const end = await bindEnd(backend, parameters[0]!, store.weights);
  let done = 0;
  return {
    operations: flops(graph),
    parameters: countParameters(parameters),
    batch,
    run: async () => {
      await step.run(0, done);
      const norm = await optimizer.gradientNorm();
      await optimizer.update(done++, 1e-5, 1 / norm);
      await end.run();
    },
  };
}

/** Reads one weight: a device then has finished what it was told to do before. */
async function bindEnd(
  backend: Backend,
  { name, tensor }: Parameter,
  weights: Readonly<Record<string, Float32Array>>,
) {
  const graph = graphOf({ one: tensor.reshape([tensor.size]).slice(0, 0, 1).mul(1) });
  const executable = await backend.compile(graph);
  return executable.bind({ [name]: weights[name]! }, { one: new Float32Array(1) });
}
