/** Which patches of a batch are hidden, chosen where batches are made. N patches a picture, row by row. */
import { rng } from "../../core/rng.ts";
import { maskPatches } from "../../data/patch-masking.ts";
import type { TensorType } from "../../graph/ops/definition.ts";
import type { Sizes } from "../task.ts";
import type { Fields } from "./fields.ts";

/** Patches of a picture, where they fill it, or of its canvas. */
export function patchesOf({ imageSize, canvas, patch }: Sizes): number {
  return Math.floor((canvas?.side ?? imageSize) / patch) ** 2;
}

/** bool[B,N]: patches that are asked for, and those of them that are not seen. */
export function chosenPatches(
  { rate }: { readonly rate: number },
  sizes: Sizes,
): Fields<"chosenPatches" | "hiddenPatches"> {
  const { batch } = sizes;
  const N = patchesOf(sizes);
  return {
    types: {
      chosenPatches: { dtype: "bool", shape: [batch, N] },
      hiddenPatches: { dtype: "bool", shape: [batch, N] },
    },
    fill: ({ key, first }, { chosenPatches, hiddenPatches }) => {
      for (let row = 0; row < batch; row++) {
        const { chosen, hidden } = maskPatches(N, rate, rng(key, "mpp", first + row));
        chosenPatches.set(chosen, row * N);
        hiddenPatches.set(hidden, row * N);
      }
    },
  };
}

/** `name` i32[M]: the same number of patches of every picture, rows of the flattened [B*N] in rising order. */
export function drawnPatches<Name extends string>(
  name: Name,
  { rate }: { readonly rate: number },
  sizes: Sizes,
): Fields<Name> {
  const { batch } = sizes;
  const N = patchesOf(sizes);
  const count = Math.max(1, Math.round(rate * N));
  const all = Array.from({ length: N }, (_, i) => i);
  const own = (type: TensorType) => ({ [name]: type }) as Record<Name, TensorType>;
  return {
    types: own({ dtype: "i32", shape: [batch * count] }),
    fill: ({ key, first }, arrays) => {
      for (let row = 0; row < batch; row++) {
        const drawn = rng(key, name, first + row)
          .shuffle(all)
          .slice(0, count);
        arrays[name].set(
          drawn.sort((a, b) => a - b).map((place) => row * N + place),
          row * count,
        );
      }
    },
  };
}

/** f32[B,N] in [0, 1): the patches with the largest numbers are removed. */
export function removalNoise(sizes: Sizes): Fields<"removalNoise"> {
  const N = patchesOf(sizes);
  return {
    types: { removalNoise: { dtype: "f32", shape: [sizes.batch, N] } },
    fill: ({ key, first }, { removalNoise: noise }) => {
      for (let row = 0; row < sizes.batch; row++) {
        const random = rng(key, "removal", first + row);
        for (let place = 0; place < N; place++) noise[row * N + place] = random.uniform();
      }
    },
  };
}
