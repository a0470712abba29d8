import { assert } from "../core/errors.ts";
import { currentPath } from "./path.ts";
import type { Tensor } from "./tensor.ts";

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
}

interface ActiveTrace extends Trace {
  sites: number;
}

let active: ActiveTrace | undefined;

/** Runs `build` with `trace` in force; traces do not nest. */
export function traced<T>(trace: Trace, build: () => T): T {
  assert(active === undefined, "traces do not nest");
  active = { ...trace, sites: 0 };
  try {
    return build();
  } finally {
    active = undefined;
  }
}

/** The trace in force, with a fresh site number for one random draw; undefined in eval mode, in frozen modules and without a key. */
export function randomSite(): { key: Tensor; site: number } | undefined {
  if (active?.mode !== "train" || active.key === undefined || active.isFrozen(currentPath()))
    return undefined;
  return { key: active.key, site: active.sites++ };
}
