import { stridesOf } from "../../../core/shape.ts";
import type { shaping } from "../../../graph/ops/shaping.ts";
import { broadcastPositions, type Kernels, positions, taken, zeros } from "./kernel.ts";

/** Every op here reads or writes at positions that step evenly along each axis. */
export const shapingKernels: Kernels<keyof typeof shaping> = {
  reshape: ({ inputs: [x] }) => [x!.data],
  transpose: ({ attributes: { perm }, inputs: [x], types: [type] }) => {
    const strides = stridesOf(x!.type.shape);
    const permuted = perm.map((axis) => strides[axis]!);
    return [taken(x!, positions(type!.shape, permuted))];
  },
  expand: ({ inputs: [x], types: [type] }) => [taken(x!, broadcastPositions(x!.type.shape, type!.shape))],
  slice: ({ attributes: { starts, sizes }, inputs: [x] }) => {
    const strides = stridesOf(x!.type.shape);
    return [taken(x!, positions(sizes, strides, inner(starts, strides)))];
  },
  pad: ({ attributes: { before }, inputs: [x], types: [type] }) => {
    const strides = stridesOf(type!.shape);
    const result = zeros(type!);
    const at = positions(x!.type.shape, strides, inner(before, strides));
    for (let i = 0; i < at.length; i++) result[at[i]!] = x!.data[i]!;
    return [result];
  },
  concat: ({ attributes: { axis }, inputs, types: [type] }) => {
    const strides = stridesOf(type!.shape);
    const result = zeros(type!);
    let start = 0;
    for (const x of inputs) {
      const at = positions(x.type.shape, strides, start * strides[axis]!);
      for (let i = 0; i < at.length; i++) result[at[i]!] = x.data[i]!;
      start += x.type.shape[axis]!;
    }
    return [result];
  },
};

function inner(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, n, i) => sum + n * b[i]!, 0);
}
