import { fail } from "../../../core/errors.ts";
import { sizeOf } from "../../../core/shape.ts";
import type { indexing } from "../../../graph/ops/indexing.ts";
import { type Kernels, type Value, zeros } from "./kernel.ts";

/** @throws BifocalError "data" when a position is not in [0, size). */
function checked(ids: Value, size: number, where: string): Value["data"] {
  const wrong = ids.data.find((id) => id < 0 || id >= size);
  if (wrong !== undefined)
    fail("data", where, { expected: `positions in [0, ${size})`, got: String(wrong), todo: "check the ids" });
  return ids.data;
}

/** Positions are checked: one out of range is a BifocalError "data". */
export const indexingKernels: Kernels<keyof typeof indexing> = {
  gather: ({ inputs: [table, ids], types: [type], where }) => {
    const width = sizeOf(table!.type.shape.slice(1));
    const result = zeros(type!);
    checked(ids!, table!.type.shape[0]!, where).forEach((id, i) => {
      result.set(table!.data.subarray(id * width, (id + 1) * width), i * width);
    });
    return [result];
  },
  scatterAdd: ({ attributes: { size }, inputs: [rows, ids], types: [type], where }) => {
    const width = sizeOf(type!.shape.slice(1));
    const result = zeros(type!);
    checked(ids!, size, where).forEach((id, i) => {
      for (let j = 0; j < width; j++) result[id * width + j]! += rows!.data[i * width + j]!;
    });
    return [result];
  },
  pick: ({ inputs: [x, index], types: [type], where }) => {
    const width = x!.type.shape.at(-1)!;
    const at = checked(index!, width, where);
    return [zeros(type!).map((_, row) => x!.data[row * width + at[row]!]!)];
  },
};
