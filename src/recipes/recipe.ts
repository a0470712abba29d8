import type { RunConfig } from "../train/config.ts";
import type { StagedRecipe } from "./stages.ts";

/** A run to be started by name. */
export interface Recipe extends RunConfig {
  /** One line for lists. */
  readonly description: string;
}

/** Runs one after the other, to be started by one name. */
export interface DescribedStages extends StagedRecipe {
  /** One line for lists. */
  readonly description: string;
}

/** What of a recipe determines the run. */
export function configOf({ description: _, ...config }: Recipe): RunConfig {
  return config;
}
