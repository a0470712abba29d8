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

/**
 * Sines and cosines of row and column for a grid of patches, `columns` of them in a row, behind `specials` tokens whose
 * rows are zero: f32[specials + patches, D] (Chen, Xie & He 2021, MoCo v3, arXiv:2104.02057, section 4). As a starting
 * point it tells patches apart from the first step, where small random values drown in the patches' content. Where 4
 * does not divide D, the last channels are zero.
 */
export function gridWaves(specials: number, columns: number): Initializer {
  return (target, shape) => {
    const [rows, width] = shape as [number, number];
    const quarter = Math.floor(width / 4);
    target.fill(0);
    for (let patch = 0; patch < rows - specials; patch++) {
      const places = [Math.floor(patch / columns), patch % columns];
      for (let wave = 0; wave < quarter; wave++) {
        const frequency = 10000 ** (-wave / quarter);
        places.forEach((place, axis) => {
          const at = (specials + patch) * width + 2 * axis * quarter + wave;
          target[at] = Math.sin(place * frequency);
          target[at + quarter] = Math.cos(place * frequency);
        });
      }
    }
  };
}
