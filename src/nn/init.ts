import type { Rng } from "../core/rng.ts";
import type { Shape } from "../core/shape.ts";

/** Fills a parameter's memory in place. The draw depends on seed and parameter name alone, not on the order of declaration. */
export type Initializer = (target: Float32Array, shape: Shape, random: Rng) => void;

/** For biases. */
export const zeros: Initializer = (target) => {
  target.fill(0);
};

/** For the weights of norms, which at first only normalise. */
export const ones: Initializer = (target) => {
  target.fill(1);
};

/** The same number everywhere. */
export function fixed(value: number): Initializer {
  return (target) => {
    target.fill(value);
  };
}

/** N(0, std^2). */
export function normal(std: number): Initializer {
  return (target, _, random) => {
    for (let i = 0; i < target.length; i++) target[i] = std * random.normal();
  };
}
