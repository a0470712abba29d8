import { stridesOf } from "../../../core/shape.ts";
import type { ReduceAttributes, reduction } from "../../../graph/ops/reduction.ts";
import { type Call, type Data, type Kernels, positions, zeros } from "./kernel.ts";

/** Folds every element of the input into the element of the result it belongs to. */
function fold(start: number, f: (sum: number, x: number) => number) {
  return ({ attributes, inputs: [x], types: [type] }: Call<"sum" | "max">): Data[] => {
    const { axes }: ReduceAttributes = attributes;
    const kept = x!.type.shape.map((n, i) => (axes.includes(i) ? 1 : n));
    const strides = stridesOf(kept).map((stride, i) => (axes.includes(i) ? 0 : stride));
    const at = positions(x!.type.shape, strides);
    const result = zeros(type!).fill(start);
    for (let i = 0; i < at.length; i++) result[at[i]!] = f(result[at[i]!]!, x!.data[i]!);
    return [result];
  };
}

/** Positions along one row in falling order of value, equal values in their order. */
function ranked(row: Data): number[] {
  return [...row.keys()].sort((i, j) => row[j]! - row[i]!);
}

/** Folds run in row-major order of the input. */
export const reductionKernels: Kernels<keyof typeof reduction> = {
  sum: fold(0, (sum, x) => sum + x),
  max: fold(Number.NEGATIVE_INFINITY, Math.max),
  topK: ({ attributes: { k }, inputs: [x], types: [values, indices] }) => {
    const best = zeros(values!);
    const at = zeros(indices!);
    const width = x!.type.shape.at(-1)!;
    for (let row = 0; row * k < best.length; row++) {
      const order = ranked(x!.data.subarray(row * width, (row + 1) * width));
      for (let i = 0; i < k; i++) {
        at[row * k + i] = order[i]!;
        best[row * k + i] = x!.data[row * width + order[i]!]!;
      }
    }
    return [best, at];
  },
  argmax: ({ inputs: [x], types: [type] }) => {
    const width = x!.type.shape.at(-1)!;
    return [zeros(type!).map((_, row) => ranked(x!.data.subarray(row * width, (row + 1) * width))[0]!)];
  },
};
