import type { Backend } from "../backends/backend.ts";
import type { TypedArray } from "../core/dtype.ts";
import { allocate } from "../core/dtype.ts";
import { gradients as gradientsOf, type Recompute } from "../graph/grad.ts";
import { type Graph, graphOf } from "../graph/graph.ts";
import type { TensorType } from "../graph/ops/definition.ts";
import { narrow } from "../graph/passes/narrow.ts";
import { apply, type Tensor } from "../graph/tensor.ts";
import { type Trace, traced } from "../graph/trace.ts";
import type { Parameter } from "../nn/scope.ts";
import type { TaskOutput } from "../tasks/task.ts";
import { isUnder } from "./freeze.ts";
import type { ParameterStore } from "./parameter-store.ts";

/** A task's loss of a batch. */
export type Loss = (batch: Readonly<Record<string, Tensor>>) => TaskOutput;
/** Names and types of a batch's arrays. */
export type BatchTypes = Readonly<Record<string, TensorType>>;

/** The input that is other at every step. */
export const keyName = "key";
/** The output with the gradient of a parameter. */
export const gradientName = (parameter: string): string => `gradient:${parameter}`;

/** Loss, metrics and the gradient of everything that learns, as one graph. */
export function trainGraph(
  loss: Loss,
  batch: BatchTypes,
  learning: readonly Parameter[],
  freeze: readonly string[],
  recompute?: Recompute,
): Graph {
  return traced(trainTrace(freeze), () => {
    const { outputs } = narrow(graphOf(scalars(loss(batchInputs(batch)))));
    const all = gradientsOf(
      outputs.loss!,
      learning.map(({ tensor }) => tensor),
      recompute,
    );
    const byName: Record<string, Tensor> = {};
    learning.forEach(({ name, tensor }, i) => {
      byName[gradientName(name)] = all[i] ?? tensor.mul(0);
    });
    return graphOf({ ...outputs, ...byName });
  });
}

/** What holds while a training graph is traced. */
export function trainTrace(freeze: readonly string[]): Trace {
  const key = apply("input", { name: keyName, type: { dtype: "i32", shape: [1] } });
  return { mode: "train", key, isFrozen: (path) => freeze.some((frozen) => isUnder(path, frozen)) };
}

/** Loss and metrics without dropout. */
export function validationGraph(loss: Loss, batch: BatchTypes): Graph {
  return traced({ mode: "eval", key: undefined, isFrozen: () => false }, () =>
    graphOf(scalars(loss(batchInputs(batch)))),
  );
}

/** A batch as leaves of a graph. */
export function batchInputs(batch: BatchTypes): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(batch).map(([name, type]) => [name, apply("input", { name, type })]),
  );
}

/** What people watch, by name. */
export function scalars({ loss, metrics }: TaskOutput): Record<string, Tensor> {
  return { loss, ...metrics };
}

/** A graph bound to the store and to the slots of a loader. */
export interface BoundStep {
  /** Runs on a slot and returns loss and metrics; gradients land in the store. */
  run(slot: number, key: number): Promise<Record<string, number>>;
}

/** Compiles a graph and binds it once to each slot, so that a run copies no batch and no weight */
export async function bindStep(
  backend: Backend,
  graph: Graph,
  { weights, gradients }: Pick<ParameterStore, "weights" | "gradients">,
  slots: readonly Readonly<Record<string, TypedArray>>[],
): Promise<BoundStep> {
  const executable = await backend.compile(graph);
  const names = Object.keys(graph.outputs).filter((name) => !name.startsWith(gradientName("")));
  const results = Object.fromEntries(names.map((name) => [name, allocate("f32", 1)]));
  const grads = Object.keys(graph.outputs)
    .filter((name) => name.startsWith(gradientName("")))
    .map((name) => [name, gradients[name.slice(gradientName("").length)]!]);
  const key = allocate("i32", 1);
  const used = (all: Readonly<Record<string, TypedArray>>, types: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(Object.keys(types).map((name) => [name, all[name]!]));
  const bound = slots.map((slot) =>
    executable.bind(
      { ...used({ ...slot, [keyName]: key }, graph.inputs), ...used(weights, graph.parameters) },
      { ...results, ...Object.fromEntries(grads) },
    ),
  );
  return {
    run: async (slot, stepKey) => {
      key[0] = stepKey;
      await bound[slot]!.run();
      return Object.fromEntries(names.map((name) => [name, results[name]![0]!]));
    },
  };
}
