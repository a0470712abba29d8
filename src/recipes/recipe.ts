import type { RunConfig } from "../train/config.ts";

/** A run to be started by name. */
export interface Recipe extends RunConfig {
  /** One line for lists. */
  readonly description: string;
}

/** What of a recipe determines the run. */
export function configOf({ description: _, ...config }: Recipe): RunConfig {
  return config;
}
