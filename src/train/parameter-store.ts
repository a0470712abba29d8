import { allocate } from "../core/dtype.ts";
import { assert } from "../core/errors.ts";
import { sizeOf } from "../core/shape.ts";
import type { NamedTensor } from "../files/safetensors.ts";
import { initialize, type Parameter } from "../nn/scope.ts";
import { learningAt, type ParameterGroup } from "./groups.ts";

/** A run of elements of the flat arrays that one call of the optimizer updates. */
export interface Chunk {
  readonly start: number;
  readonly factor: number;
  readonly decay: boolean;
  readonly from: number;
}

/**
 * Weights, gradients, both moments and, where one is kept, the running mean of the weights, as flat arrays with the same
 * layout, group after group, each padded to whole chunks, so that the optimizer sees a few large arrays; models and files
 * see each parameter by name.
 */
export interface ParameterStore {
  /** Every parameter, frozen ones too: views by name. */
  readonly weights: Readonly<Record<string, Float32Array>>;
  /** The same with the running mean of what learns; the weights themselves where none is kept. */
  readonly averaged: Readonly<Record<string, Float32Array>>;
  /** What learns: views by name. */
  readonly gradients: Readonly<Record<string, Float32Array>>;
  readonly flat: Readonly<Record<"weights" | "gradients" | "first" | "second", Float32Array>> & {
    readonly average: Float32Array | undefined;
  };
  readonly chunks: readonly Chunk[];
  readonly chunkLength: number;
  /** What the checkpoint has as the model, in order of declaration: views of `averaged`. */
  model(): NamedTensor[];
  /** Both moments of what learns, as "first.NAME" and "second.NAME", and beside a running mean the weights, "weight.NAME". */
  moments(): NamedTensor[];
}

/** Elements updated at a time: small enough to stay in a core's cache with its gradient and moments. */
const largestChunk = 65536;

/** Zeroed memory; what ever learns lies in the flat arrays, each other parameter in an array of its own. */
export function createStore(
  parameters: readonly Parameter[],
  groups: readonly ParameterGroup[],
  averaging = false,
): ParameterStore {
  const learning = learningAt(groups, Infinity);
  const longest = learning.reduce((total, { shape }) => total + sizeOf(shape), 0);
  const chunkLength = Math.min(largestChunk, longest);
  const offsets = new Map<string, number>();
  const chunks: Chunk[] = [];
  let end = 0;
  for (const { factor, decay, from, parameters: members } of groups) {
    for (const { name, shape } of members) {
      offsets.set(name, end);
      end += sizeOf(shape);
    }
    for (; chunks.length * chunkLength < end; )
      chunks.push({ start: chunks.length * chunkLength, factor, decay, from });
    end = chunks.length * chunkLength;
  }
  const array = () => allocate("f32", end, true) as Float32Array; // shared: every thread updates its part
  const average = averaging ? array() : undefined;
  const flat = { weights: array(), gradients: array(), first: array(), second: array(), average };
  const view = (whole: Float32Array, { name, shape }: Parameter) => {
    const offset = offsets.get(name);
    assert(offset !== undefined, `${name} does not learn`);
    return whole.subarray(offset, offset + sizeOf(shape));
  };
  const named = (whole: Float32Array) => Object.fromEntries(learning.map((p) => [p.name, view(whole, p)]));
  const weights = Object.fromEntries(
    parameters.map((p) => [
      p.name,
      offsets.has(p.name) ? view(flat.weights, p) : (allocate("f32", sizeOf(p.shape)) as Float32Array),
    ]),
  );
  const averaged = average === undefined ? weights : { ...weights, ...named(average) };
  const kept = { first: flat.first, second: flat.second, ...(averaging && { weight: flat.weights }) };
  return {
    weights,
    averaged,
    gradients: named(flat.gradients),
    flat,
    chunks,
    chunkLength,
    model: () => parameters.map(({ name, shape }) => ({ name, dtype: "f32", shape, data: averaged[name]! })),
    moments: () =>
      Object.entries(kept).flatMap(([moment, whole]) =>
        learning.map((p) => ({
          name: `${moment}.${p.name}`,
          dtype: "f32" as const,
          shape: p.shape,
          data: view(whole, p),
        })),
      ),
  };
}

/** Initial values of every parameter, from seed and name alone. */
export function initializeStore(store: ParameterStore, parameters: readonly Parameter[], seed: number): void {
  for (const parameter of parameters) initialize(parameter, seed, store.weights[parameter.name]!);
}
