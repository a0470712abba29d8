/** AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2) over the flat arrays of a store, in place. */
import type { Backend } from "../../backends/backend.ts";
import type { OptimizerConfig } from "../config.ts";
import type { Optimizer } from "../optimizer.ts";
import type { ParameterStore } from "../parameter-store.ts";
import { deviceAdamW } from "./device.ts";
import { hostAdamW } from "./host.ts";

/**
 * Takes the store's moments as they are, zero or resumed, and updates where the numbers are: in memory or on the backend's
 * device. `keepMean` is the share of the running mean that each step keeps, where the store has one.
 */
export async function adamW(
  backend: Backend,
  store: ParameterStore,
  config: OptimizerConfig,
  keepMean?: number,
): Promise<Optimizer> {
  const { device } = backend;
  if (device === undefined) return hostAdamW(store, config, keepMean);
  return deviceAdamW(backend, device, store, config, keepMean);
}
