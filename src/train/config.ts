import type { Recompute } from "../graph/grad.ts";
import type { ModelConfig } from "../models/index.ts";
import type { TaskConfig } from "../tasks/index.ts";
import type { DataConfig } from "../tasks/source.ts";
import type { RenamedPath } from "./rename.ts";

/** Everything a run is determined by: the same configuration and machine give the same bits. */
export interface RunConfig {
  readonly name: string;
  readonly model: ModelConfig;
  readonly task: TaskConfig;
  readonly data: DataConfig;
  readonly train: TrainConfig;
}

/** A step is `accumulate` passes of `batch` pictures and one update; everything that is counted is counted in steps. */
export interface TrainConfig {
  readonly seed: number;
  readonly steps: number;
  /** Pictures in one pass through the model. */
  readonly batch: number;
  /** Tokens a text is padded to; the model may hold longer ones. */
  readonly textLength: number;
  /**
   * Passes whose mean gradient makes one step. For losses that are means over examples this is one large batch. A mean
   * over masked words weighs every pass alike, however many it has; `itc` and the negatives of `itm` know one pass only.
   */
  readonly accumulate: number;
  readonly optimizer: OptimizerConfig;
  readonly schedule: ScheduleConfig;
  /** Learning-rate factors: a parameter takes the factor of the last entry whose path begins its name. */
  readonly factors: readonly { readonly path: string; readonly factor: number }[];
  /** Stacks whose learning rates fall from the last layer to the first; multiplied with `factors`. The last that fits counts. */
  readonly layerDecay?: readonly { readonly path: string; readonly factor: number }[] | undefined;
  /** Paths of what does not learn, at all or in the first `until` steps: no gradients, no moments, no dropout. */
  readonly freeze: readonly (string | { readonly path: string; readonly until: number })[];
  /**
   * A running mean of the weights, of which each step keeps `decay`. It is what validation, the best checkpoint, the
   * finished model and evaluation use; the weights that learn are kept with the optimizer's moments.
   */
  readonly ema?: { readonly decay: number } | undefined;
  /** Trades time for memory: what is computed again for the gradients instead of being kept. The numbers stay the same. */
  readonly recompute?: Recompute | undefined;
  /** Keep on the disk, up to so many gigabytes for all runs together, what towers that never learn say of pictures and texts. */
  readonly cacheFeatures?: { readonly gigabytes: number } | undefined;
  /** Paths of the run to start from that are called otherwise here. */
  readonly rename?: readonly RenamedPath[] | undefined;
  readonly validation: { readonly every: number; readonly batches: number };
  readonly checkpoint: { readonly every: number; readonly keep: number };
}

/** AdamW; `lr` is the peak that the schedule scales, weight decay is scaled with it. */
export interface OptimizerConfig {
  readonly lr: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** Largest norm of all gradients together; null: no limit. */
  readonly clip: number | null;
}

/** Scales the learning rate by a factor in [0, 1]: a linear rise, then a fall. */
export interface ScheduleConfig {
  readonly kind: "constant" | "linear" | "polynomial" | "cosine";
  /** Steps of linear rise from zero. */
  readonly warmupSteps: number;
  /** Factor the fall leads to, for the step after the last one; "constant" does not fall. */
  readonly end: number;
  /** Exponent of the fall of "polynomial"; the others ignore it. */
  readonly power: number;
}
