/** AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2) over the flat arrays of a store, in place. */

import { availableParallelism } from "node:os";
import type { AdamWStep, Backend, Bound } from "../backends/backend.ts";
import { allocate } from "../core/dtype.ts";
import { graphOf } from "../graph/graph.ts";
import { apply, type Tensor } from "../graph/tensor.ts";
import type { OptimizerConfig } from "./config.ts";
import type { Chunk, ParameterStore } from "./parameter-store.ts";
import { meanGraph, scalarViews, updateGraph } from "./update-graph.ts";

/** Works on the store it was made for, in place. */
export interface Optimizer {
  /** Norm of all gradients together, as they lie in the store. */
  gradientNorm(): Promise<number>;
  /**
   * One update with the gradients in the store times `gradientScale`, after which they are not to be read; `step` counts
   * from 0.
   */
  update(step: number, lr: number, gradientScale: number): Promise<void>;
}

/**
 * Binds updates to the store, whose moments it takes as they are, zero or resumed: where the backend has an op for them
 * that, else one compiled graph for every chunk, on a device with memory of its own for every run of chunks that are
 * updated alike. `keepMean` is the share of the running mean that each step keeps, where the store has one.
 */
export async function adamW(
  backend: Backend,
  store: ParameterStore,
  config: OptimizerConfig,
  keepMean?: number,
): Promise<Optimizer> {
  const onDevice = backend.keep !== undefined;
  const pieces = piecesOf(store, onDevice ? Number.POSITIVE_INFINITY : store.chunkLength);
  const sums = allocate("f32", pieces.length) as Float32Array;
  const squares = await compiledByLength(backend, pieces, (input) => {
    const g = input("gradient");
    return graphOf({ sum: g.mul(g).sumAll() });
  });
  const norms = pieces.map((piece, i) => {
    const { gradient } = viewsOf(store, piece);
    return squares(piece).bind({ gradient }, { sum: sums.subarray(i, i + 1) });
  });
  const update =
    backend.adamW === undefined
      ? await updatesByGraph(backend, store, pieces, config, keepMean)
      : await updatesByOp(backend.adamW, backend, store, pieces, config, keepMean);
  return {
    gradientNorm: async () => {
      await runAll(norms);
      return Math.sqrt(sums.reduce((total, sum) => total + sum, 0));
    },
    update: (step, lr, gradientScale) =>
      update(step, ({ from, factor, decay }) => ({
        // Moments are as old as their weights have been learning.
        updates: step - from + 1,
        lr: lr * factor,
        weightDecay: decay ? config.weightDecay : 0,
        gradientScale,
      })),
  };
}

/** What chunks that are updated alike have in common. */
type Group = Omit<Chunk, "start">;
/** The numbers of an update that are not the same at every step. */
type GroupStep = Omit<AdamWStep, "beta1" | "beta2" | "epsilon">;
/** Updates all that learns at a step. */
type Update = (step: number, of: (group: Group) => GroupStep) => Promise<void>;

async function updatesByGraph(
  backend: Backend,
  store: ParameterStore,
  pieces: readonly Piece[],
  config: OptimizerConfig,
  keepMean: number | undefined,
): Promise<Update> {
  const graphs = await compiledByLength(backend, pieces, (input) => updateGraph(input, config, keepMean));
  // Each group of chunks reads its own four scalars.
  const groups = new Map<string, { readonly group: Group; readonly scalars: Float32Array }>();
  const bound = pieces.map((piece) => {
    const { start: _, length: __, ...group } = piece;
    const entry = groups.get(keyOf(group)) ?? { group, scalars: allocate("f32", 4) as Float32Array };
    groups.set(keyOf(group), entry);
    const { gradient, average, ...state } = viewsOf(store, piece);
    const written = { ...state, ...(keepMean !== undefined && { average: average! }) };
    const leaves = { gradient, ...written, ...scalarViews(entry.scalars) };
    return { from: group.from, update: graphs(piece).bind(leaves, written) };
  });
  return async (step, of) => {
    for (const { group, scalars } of groups.values()) {
      const { updates, lr, weightDecay, gradientScale } = of(group);
      if (updates <= 0) continue;
      const correct1 = 1 - config.beta1 ** updates;
      const correct2 = 1 - config.beta2 ** updates;
      scalars.set([gradientScale, 1 - lr * weightDecay, lr / correct1, 1 / correct2]);
    }
    await runAll(bound.filter(({ from }) => from <= step).map(({ update }) => update));
  };
}

/** Elements the op is given at a time on the CPU, some milliseconds: then the event loop has its turn. */
const longestOp = 2 ** 22;

async function updatesByOp(
  op: NonNullable<Backend["adamW"]>,
  backend: Backend,
  store: ParameterStore,
  pieces: readonly Piece[],
  { beta1, beta2, epsilon }: OptimizerConfig,
  keepMean: number | undefined,
): Promise<Update> {
  const longer = backend.keep === undefined ? piecesOf(store, longestOp) : pieces;
  const means: { readonly from: number; readonly mean: Bound }[] = [];
  if (keepMean !== undefined) {
    const graphs = await compiledByLength(backend, pieces, (input) => meanGraph(input, keepMean));
    for (const piece of pieces) {
      const { weight, average } = viewsOf(store, piece);
      const mean = graphs(piece).bind({ weight, average: average! }, { average: average! });
      means.push({ from: piece.from, mean });
    }
  }
  return async (step, of) => {
    for (const piece of longer) {
      if (piece.from > step) continue;
      op(viewsOf(store, piece), { beta1, beta2, epsilon, ...of(piece) });
      await new Promise(setImmediate);
    }
    await runAll(means.filter(({ from }) => from <= step).map(({ mean }) => mean));
  };
}

/** A run of elements that one call updates. */
interface Piece extends Chunk {
  readonly length: number;
}

/** Chunks, which fit a core's cache, or neighbours that are updated alike together, up to a length. */
function piecesOf({ chunks, chunkLength }: ParameterStore, longest: number): Piece[] {
  const pieces: Piece[] = [];
  for (const chunk of chunks) {
    const before = pieces.at(-1);
    const length = (before?.length ?? 0) + chunkLength;
    const joins = before !== undefined && length <= longest && keyOf(before) === keyOf(chunk);
    if (joins) pieces[pieces.length - 1] = { ...before, length };
    else pieces.push({ ...chunk, length: chunkLength });
  }
  return pieces;
}

function keyOf({ factor, decay, from }: Group): string {
  return `${factor} ${decay} ${from}`;
}

/** The part of every array of the store that a piece is. */
function viewsOf({ flat }: ParameterStore, { start, length }: Piece) {
  const part = (whole: Float32Array) => whole.subarray(start, start + length);
  return {
    weight: part(flat.weights),
    gradient: part(flat.gradients),
    first: part(flat.first),
    second: part(flat.second),
    average: flat.average && part(flat.average),
  };
}

/** Compiles a graph once for each length there is. */
async function compiledByLength(
  backend: Backend,
  pieces: readonly Piece[],
  build: (input: (name: string, length?: number) => Tensor) => ReturnType<typeof graphOf>,
) {
  const input =
    (n: number) =>
    (name: string, length = n) =>
      apply("input", { name, type: { dtype: "f32", shape: [length] } });
  const lengths = [...new Set(pieces.map(({ length }) => length))];
  const compiled = new Map<number, Awaited<ReturnType<Backend["compile"]>>>();
  for (const length of lengths) compiled.set(length, await backend.compile(build(input(length))));
  return ({ length }: Piece) => compiled.get(length)!;
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
