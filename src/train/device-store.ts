import type { Backend } from "../backends/backend.ts";
import type { ParameterStore } from "./parameter-store.ts";

/** A store whose numbers are where the backend computes; nothing moves where that is the store's own arrays. */
export interface DeviceStore {
  /** Brings weights, moments and running mean into the arrays, to be read or stored. */
  fetch(): void;
  /** The same for the gradients. */
  fetchGradients(): void;
  /** Takes gradients that were changed in the arrays back. */
  sendGradients(): void;
}

/** Gives filled arrays their place on the backend's device. What is bound later reads and writes there. */
export function deviceStore(backend: Backend, { flat, weights }: ParameterStore): DeviceStore {
  const keep = (array: Float32Array | undefined) =>
    array === undefined ? [] : (backend.device?.keep(array) ?? []);
  const { gradients, ...state } = flat;
  const kept = Object.values(state).flatMap(keep);
  const keptGradients = [gradients].flatMap(keep);
  for (const array of Object.values(weights)) if (array.buffer !== flat.weights.buffer) keep(array);
  return {
    fetch: () => {
      for (const place of kept) place.fetch();
    },
    fetchGradients: () => {
      for (const place of keptGradients) place.fetch();
    },
    sendGradients: () => {
      for (const place of keptGradients) place.send();
    },
  };
}
