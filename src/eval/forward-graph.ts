import { allocateOutputs, type Backend } from "../backends/backend.ts";
import { allocate, type TypedArray } from "../core/dtype.ts";
import { sizeOf } from "../core/shape.ts";
import { graphOf } from "../graph/graph.ts";
import type { TensorType } from "../graph/ops/definition.ts";
import { apply, type Tensor } from "../graph/tensor.ts";
import { traced } from "../graph/trace.ts";

/** A graph in eval mode with memory of its own: fill `inputs`, `run`, read `outputs`. */
export interface Forward {
  readonly inputs: Readonly<Record<string, TypedArray>>;
  readonly outputs: Readonly<Record<string, TypedArray>>;
  run(): Promise<void>;
}

/** Traces and compiles `build` for inputs of the given types. Inputs the outputs do not need are allocated but not fed. */
export async function forwardGraph(
  backend: Backend,
  weights: Readonly<Record<string, Float32Array>>,
  types: Readonly<Record<string, TensorType>>,
  build: (inputs: Readonly<Record<string, Tensor>>) => Record<string, Tensor>,
): Promise<Forward> {
  const graph = traced({ mode: "eval", key: undefined, isFrozen: () => false }, () => {
    const inputs = Object.entries(types).map(([name, type]) => [name, apply("input", { name, type })]);
    return graphOf(build(Object.fromEntries(inputs)));
  });
  const inputs = Object.fromEntries(
    Object.entries(types).map(([name, { dtype, shape }]) => [name, allocate(dtype, sizeOf(shape))]),
  );
  const outputs = allocateOutputs(graph);
  const only = <T>(all: Readonly<Record<string, T>>, wanted: object) =>
    Object.fromEntries(Object.keys(wanted).map((name) => [name, all[name]!]));
  const executable = await backend.compile(graph);
  // Weights do not change here: a device that has them once needs no copy a run.
  for (const name of Object.keys(graph.parameters)) backend.device?.keep(weights[name]!);
  const bound = executable.bind(
    { ...only(inputs, graph.inputs), ...only(weights, graph.parameters) },
    outputs,
  );
  return { inputs, outputs, run: () => bound.run() };
}
