/**
 * AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2) as a graph over flat chunks, in place.
 */

import { availableParallelism } from "node:os";
import type { Backend, Bound, Executable } from "../backends/backend.ts";
import { allocate } from "../core/dtype.ts";
import { graphOf } from "../graph/graph.ts";
import { apply, full, type Tensor } from "../graph/tensor.ts";
import type { OptimizerConfig } from "./config.ts";
import type { Chunk, ParameterStore } from "./parameter-store.ts";

/** Works on the store it was made for, in place. */
export interface Optimizer {
  /** Norm of all gradients together, as they lie in the store. */
  gradientNorm(): Promise<number>;
  /** One update with the gradients in the store times `gradientScale`; `step` counts from 0. */
  update(step: number, lr: number, gradientScale: number): Promise<void>;
}

/**
 * Binds one compiled update to every chunk of the store, on a device with memory of its own to every run of chunks that
 * are updated alike, whose moments it takes as they are, zero or resumed. `keepMean`
 * is the share of the running mean that each step keeps, where the store has one.
 */
export async function adamW(
  backend: Backend,
  store: ParameterStore,
  config: OptimizerConfig,
  keepMean?: number,
): Promise<Optimizer> {
  const { flat, chunks } = store;
  const pieces = piecesOf(store, backend.keep !== undefined);
  // Compiled once for each length.
  const graphs = new Map<number, { readonly squares: Executable; readonly updates: Executable }>();
  for (const n of new Set(pieces.map(({ length }) => length))) {
    const input = (name: string, length = n): Tensor =>
      apply("input", { name, type: { dtype: "f32", shape: [length] } });
    const g = input("gradient");
    graphs.set(n, {
      squares: await backend.compile(graphOf({ sum: g.mul(g).sumAll() })),
      updates: await backend.compile(updateGraph(input, config, keepMean)),
    });
  }
  const sums = allocate("f32", pieces.length) as Float32Array;
  const norms = pieces.map(({ start, length }, i) => {
    const gradient = flat.gradients.subarray(start, start + length);
    return graphs.get(length)!.squares.bind({ gradient }, { sum: sums.subarray(i, i + 1) });
  });

  // Each group of chunks reads its own four scalars.
  const scalars = new Map<string, Float32Array>();
  const bound = pieces.map(({ start, length, ...group }) => {
    const part = (whole: Float32Array) => whole.subarray(start, start + length);
    const key = keyOf(group);
    const values = scalars.get(key) ?? (allocate("f32", 4) as Float32Array);
    scalars.set(key, values);
    const weight = part(flat.weights);
    const first = part(flat.first);
    const second = part(flat.second);
    const gradient = part(flat.gradients);
    const average = keepMean === undefined ? {} : { average: part(flat.average!) };
    const leaves = { gradient, weight, first, second, ...average, ...scalarViews(values) };
    const { updates } = graphs.get(length)!;
    return { from: group.from, update: updates.bind(leaves, { weight, first, second, ...average }) };
  });

  return {
    gradientNorm: async () => {
      await runAll(norms);
      return Math.sqrt(sums.reduce((total, sum) => total + sum, 0));
    },
    update: async (step, lr, gradientScale) => {
      for (const group of chunks) {
        // Moments are as old as their weights have been learning.
        const updates = step - group.from + 1;
        if (updates <= 0) continue;
        const correct1 = 1 - config.beta1 ** updates;
        const correct2 = 1 - config.beta2 ** updates;
        const rate = lr * group.factor;
        const keep = 1 - (group.decay ? rate * config.weightDecay : 0);
        scalars.get(keyOf(group))!.set([gradientScale, keep, rate / correct1, 1 / correct2]);
      }
      await runAll(bound.filter(({ from }) => from <= step).map(({ update }) => update));
    },
  };
}

/** A run of elements that one call updates. */
interface Piece extends Chunk {
  readonly length: number;
}

/** Chunks as they are, which fit a core's cache, or neighbours that are updated alike as one: a device wants few calls. */
function piecesOf({ chunks, chunkLength }: ParameterStore, joined: boolean): Piece[] {
  const pieces: Piece[] = [];
  for (const chunk of chunks) {
    const before = pieces.at(-1);
    const joins = joined && before !== undefined && keyOf(before) === keyOf(chunk);
    if (joins) pieces[pieces.length - 1] = { ...before, length: before.length + chunkLength };
    else pieces.push({ ...chunk, length: chunkLength });
  }
  return pieces;
}

function keyOf({ factor, decay, from }: Omit<Chunk, "start">): string {
  return `${factor} ${decay} ${from}`;
}

/** A chunk is too little work to be shared among threads, so several run at a time; Node has 4 threads to wait on them. */
const atATime = Math.min(availableParallelism(), 4);

async function runAll(bounds: readonly Bound[]): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < bounds.length) await bounds[next++]!.run();
  };
  await Promise.all(Array.from({ length: atATime }, lane));
}

const scalarNames = ["gradientScale", "keep", "rate", "correction"] as const;

function scalarViews(values: Float32Array): Record<string, Float32Array> {
  return Object.fromEntries(scalarNames.map((name, i) => [name, values.subarray(i, i + 1)]));
}

/**
 * g = scale * gradient; first = b1 first + (1 - b1) g; second = b2 second + (1 - b2) g^2;
 * weight = keep * weight - rate * first / (sqrt(correction * second) + epsilon), with rate and correction bias-corrected;
 * average = keepMean average + (1 - keepMean) weight.
 */
function updateGraph(
  input: (name: string, length?: number) => Tensor,
  c: OptimizerConfig,
  keepMean: number | undefined,
) {
  const scalar = (name: (typeof scalarNames)[number]) => input(name, 1);
  const g = input("gradient").mul(scalar("gradientScale"));
  const first = input("first")
    .mul(c.beta1)
    .add(g.mul(1 - c.beta1));
  const second = input("second")
    .mul(c.beta2)
    .add(g.mul(g).mul(1 - c.beta2));
  const step = first.div(second.mul(scalar("correction")).sqrt().add(full(c.epsilon)));
  const weight = input("weight")
    .mul(scalar("keep"))
    .sub(step.mul(scalar("rate")));
  if (keepMean === undefined) return graphOf({ weight, first, second });
  const average = input("average")
    .mul(keepMean)
    .add(weight.mul(1 - keepMean));
  return graphOf({ weight, first, second, average });
}
