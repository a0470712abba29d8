import type { OptimizerConfig } from "./config.ts";
import type { Chunk } from "./parameter-store.ts";

/** Works on the store it was made for, in place. */
export interface Optimizer {
  /** Norm of all gradients together, as they lie in the store. */
  gradientNorm(): Promise<number>;
  /**
   * One update with the gradients in the store times `gradientScale`, after which they are not to be read; `step` counts
   * from 0.
   */
  update(step: number, lr: number, gradientScale: number): Promise<void>;
  /** Ends its threads. */
  close(): Promise<void>;
}

/** What chunks that are updated alike have in common. */
export type Group = Omit<Chunk, "start">;

/** Numbers of a group's update at a step; `updates` of these weights are done with it, not one yet where it is not positive. */
export function stepOf({ factor, decay, from }: Group, config: OptimizerConfig, step: number, lr: number) {
  // Moments are as old as their weights have been learning.
  return { updates: step - from + 1, lr: lr * factor, weightDecay: decay ? config.weightDecay : 0 };
}
