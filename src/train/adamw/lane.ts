/** What the threads of an optimizer share, and the part of one of them in a pass. */
import type { AdamWKernels, UpdateArrays } from "./kernels.ts";

/** Memory that all threads see. */
export interface SharedUpdate {
  readonly flat: UpdateArrays;
  readonly chunkLength: number;
  /** By chunk: which of the groups it belongs to. */
  readonly groups: Int32Array;
  /** By group, written before every update: `gradientScale`, `keep`, `rate`, `correction`; a scale of NaN leaves it out. */
  readonly numbers: Float64Array;
  /** By chunk: of the squares of its gradients. */
  readonly sums: Float32Array;
  /** The next chunk that no thread has taken. */
  readonly next: Int32Array;
  readonly constants: UpdateConstants;
}

/** What is the same at every step. */
export interface UpdateConstants {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Of the running mean; not read where there is none. */
  readonly keepMean: number;
}

/** Numbers of a group. */
export const numbersOfGroup = 4;

/** What all chunks go through. */
export type Pass = "squares" | "update";

/** Takes chunks until there are none; between two of them the thread may do something else. */
export function* lane(kernels: AdamWKernels, shared: SharedUpdate, pass: Pass): Generator<void> {
  const { flat, chunkLength, groups, numbers, sums, next, constants } = shared;
  for (;;) {
    const chunk = Atomics.add(next, 0, 1);
    if (chunk >= groups.length) return;
    const part = (array: Float32Array) => array.subarray(chunk * chunkLength, (chunk + 1) * chunkLength);
    if (pass === "squares") {
      sums[chunk] = kernels.sumOfSquares(part(flat.gradients));
    } else {
      const at = groups[chunk]! * numbersOfGroup;
      const [gradientScale, keep, rate, correction] = numbers.subarray(
        at,
        at + numbersOfGroup,
      ) as unknown as [number, number, number, number];
      if (Number.isNaN(gradientScale)) continue;
      const arrays = {
        weights: part(flat.weights),
        gradients: part(flat.gradients),
        first: part(flat.first),
        second: part(flat.second),
        average: flat.average && part(flat.average),
      };
      kernels.update(arrays, { ...constants, gradientScale, keep, rate, correction });
    }
    yield;
  }
}
