import { assert } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import { currentPath } from "./path.ts";
import { apply, type Tensor } from "./tensor.ts";

export { atPath, currentPath } from "./path.ts";

/** Dropout and other randomness happen in "train" only. */
export type Mode = "train" | "eval";

/** What holds while one graph is being traced: nothing of it outlives the trace. */
export interface Trace {
  readonly mode: Mode;
  /** i32[1], different at every step; absent where nothing random may happen. */
  readonly key: Tensor | undefined;
  /** Whether the parameters under a module path are frozen: frozen modules drop nothing. */
  readonly isFrozen: (path: string) => boolean;
  /** Whose rows of the batch the graph is for; absent: it has them all. */
  readonly share?: Share;
}

/** One of several ranks that have the same number of rows of every batch, in order of ranks. */
export interface Share {
  readonly rank: number;
  readonly ranks: number;
  /** What the graph needs from outside itself, in order of first use; grows while it is traced. */
  readonly exchanges: Exchange[];
}

/**
 * A tensor at which the graph is cut in two: what computes `own` runs first, the rest reads inputs in its place. `held`
 * has the rows of this rank, `whole` those of all ranks, one after the other.
 */
export interface Exchange {
  readonly own: Tensor;
  held?: Tensor;
  whole?: Tensor;
}

interface ActiveTrace extends Trace {
  sites: number;
  parts: number;
}

let active: ActiveTrace | undefined;

/** Runs `build` with `trace` in force; traces do not nest. */
export function traced<T>(trace: Trace, build: () => T): T {
  assert(active === undefined, "traces do not nest");
  active = { ...trace, sites: 0, parts: 1 };
  try {
    return build();
  } finally {
    active = undefined;
  }
}

/**
 * Random i32 words, other ones at every call and key; undefined in eval mode, in frozen modules and without a key. A rank
 * draws for its rows what one process would have drawn for them: the first axis is rows of the batch.
 */
export function randomBits(shape: Shape): Tensor | undefined {
  if (active?.mode !== "train" || active.key === undefined || active.isFrozen(currentPath()))
    return undefined;
  const { key, sites, share, parts } = active;
  active.sites++;
  const rows = share && { parts, rank: share.rank, ranks: share.ranks };
  return apply("randomBits", { shape, site: sites, ...(rows && { rows }) }, key);
}

/** Says of what `build` traces that its rows are so many batches, one below the other: pairs first as they are, then mixed. */
export function inParts<T>(parts: number, build: () => T): T {
  if (active === undefined) return build();
  const before = active.parts;
  active.parts = parts;
  try {
    return build();
  } finally {
    active.parts = before;
  }
}

/** The share of the trace in force; undefined where the graph has the whole batch. */
export function currentShare(): Share | undefined {
  return active?.share;
}
