import type { TypedArray } from "#src/core/dtype.ts";

/** Fills in place: what `allocate` gives must keep its memory. */
export function fill(array: TypedArray, value: (i: number) => number): TypedArray {
  for (let i = 0; i < array.length; i++) array[i] = value(i);
  return array;
}
