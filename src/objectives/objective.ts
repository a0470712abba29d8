import type { Tensor } from "../graph/tensor.ts";

/** What an objective returns for one batch. */
export interface ObjectiveOutput {
  /** f32[], in nats. */
  readonly loss: Tensor;
  /** f32[] each, for people to watch. */
  readonly metrics: Readonly<Record<string, Tensor>>;
}
