import { foldKey, permuted } from "../core/rng.ts";

/**
 * Which examples make a training batch: passes over 0..size-1, each in its own seeded order, cut into batches
 * without regard to where a pass ends. Seekable: a step needs nothing from the steps before it.
 */
export function batchOrder(step: number, batch: number, size: number, seed: number): number[] {
  return Array.from({ length: batch }, (_, i) => {
    const place = step * batch + i;
    const pass = Math.floor(place / size);
    return permuted(place % size, size, foldKey(seed, "order", pass));
  });
}
