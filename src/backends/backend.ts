import { allocate, type TypedArray } from "../core/dtype.ts";
import { fail, nearest } from "../core/errors.ts";
import { sizeOf } from "../core/shape.ts";
import type { Graph } from "../graph/graph.ts";

/** Arrays by the name of an input, parameter or output; row-major, of the dtype and size the graph says. */
export type Arrays = Readonly<Record<string, TypedArray>>;

/** What numbers depend on beside a graph and its arrays, as users choose it and runs record it. */
export interface Environment {
  /** "onnx", "torch" */
  readonly backend: string;
  /** Name and version: "libtorch 2.15.0+cpu". */
  readonly library: string;
  /** "cpu", "cuda:0" */
  readonly device: string;
  /** Of products and what follows them; all else is f32. */
  readonly precision: "f32" | "bf16";
}

/** In a line for people. */
export function showEnvironment({ backend, library, device, precision }: Environment): string {
  return `${backend} (${library}) on ${device} in ${precision}`;
}

/** Runs graphs. Nothing above `backends/` may know which one runs. */
export interface Backend {
  readonly name: string;
  readonly environment: Environment;
  /** Whether graphs may have tensors of bf16 inside. */
  readonly hasBf16: boolean;
  /** Prepares a graph for many runs; expensive, so callers keep the result for the life of the process. */
  compile(graph: Graph): Promise<Executable>;
  /** Memory of its own; absent where the backend computes on arrays as they are. */
  readonly device?: Device;
}

/** Where numbers are while a backend computes with them. */
export interface Device {
  /**
   * Gives an array a place: graphs bound later to the array or to views of it read and write there, and the array itself
   * is stale until it is fetched.
   */
  keep(array: Float32Array): Kept;
  /** One update of AdamW as a single op in place, of kept arrays. Leaves the gradient scaled. */
  adamW(arrays: AdamWArrays, step: AdamWStep): void;
}

/** Weights with their gradient and moments, all of one length. */
export type AdamWArrays = Readonly<Record<"weight" | "gradient" | "first" | "second", Float32Array>>;

/** The numbers of one update (Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2). */
export interface AdamWStep {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly lr: number;
  /** Multiplied with `lr`. */
  readonly weightDecay: number;
  /** Updates of these weights, this one included. */
  readonly updates: number;
  readonly gradientScale: number;
}

/** The numbers of an array in the memory of a device. */
export interface Kept {
  /** The array to the device. */
  send(): void;
  /** The device to the array. */
  fetch(): void;
}

/** A compiled graph without memory of its own: it can be bound any number of times, as to each slot of a loader. */
export interface Executable {
  readonly graph: Graph;
  /**
   * Fixes the memory of every leaf (inputs and parameters) and of every output. Runs read and write these arrays in
   * place, without copies; an output may be the same array as an input whose last use is elementwise.
   *
   * @throws BifocalError "backend" when an array is missing, unknown or of the wrong length.
   */
  bind(leaves: Arrays, outputs: Arrays): Bound;
}

/** An executable with its memory: `run` computes all outputs from what the leaves hold now. */
export interface Bound {
  run(): Promise<void>;
}

/** Compiles and runs once; outputs are freshly allocated. */
export async function evaluate(
  backend: Backend,
  graph: Graph,
  leaves: Arrays,
): Promise<Record<string, TypedArray>> {
  const executable = await backend.compile(graph);
  const outputs = allocateOutputs(graph);
  await executable.bind(leaves, outputs).run();
  return outputs;
}

/** Zeroed memory for every output of a graph, by name. */
export function allocateOutputs(graph: Graph): Record<string, TypedArray> {
  return Object.fromEntries(
    Object.entries(graph.outputs).map(([name, { dtype, size }]) => [name, allocate(dtype, size)]),
  );
}

/** The check every backend makes in `bind`. @throws BifocalError as `Executable.bind` says. */
export function checkBinding(graph: Graph, leaves: Arrays, outputs: Arrays): void {
  const results = Object.fromEntries(Object.entries(graph.outputs).map(([name, { type }]) => [name, type]));
  for (const [role, expected, given] of [
    ["leaf", { ...graph.inputs, ...graph.parameters }, leaves],
    ["output", results, outputs],
  ] as const) {
    for (const [name, type] of Object.entries(expected)) {
      const got = given[name]?.length;
      if (got !== sizeOf(type.shape)) {
        fail("backend", `${role} ${name}`, {
          expected: `${sizeOf(type.shape)} elements of ${type.dtype}`,
          got: got === undefined ? "nothing" : `${got} elements`,
        });
      }
    }
    const unknown = Object.keys(given).find((name) => expected[name] === undefined);
    if (unknown !== undefined) {
      fail("backend", `${role} ${unknown}`, {
        expected: "a name the graph knows",
        todo: `did you mean ${nearest(unknown, Object.keys(expected))}?`,
      });
    }
  }
}
