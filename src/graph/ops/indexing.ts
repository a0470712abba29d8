import { sameShape } from "../../core/shape.ts";
import { define, expectDtype, expectShape, f32, i32 } from "./definition.ts";

/** Ops that read or write at positions given by an i32 tensor; positions must be in range. */
export const indexing = {
  /** Rows of a table: table [V, ...rest], ids i32 [...n] to [...n, ...rest]. */
  gather: define<Record<never, never>>({
    infer: (_, [table, ids], where) => {
      expectDtype(ids!, ["i32"], where);
      expectShape(table!.shape.length >= 1, where, "a table of rank 1 or more", table!);
      return [{ dtype: table!.dtype, shape: [...ids!.shape, ...table!.shape.slice(1)] }];
    },
    samples: [
      { attributes: {}, inputs: [f32([5, 3]), i32([2, 4], 0, 5)] },
      { attributes: {}, inputs: [f32([4]), i32([6], 0, 4)] },
      { attributes: {}, inputs: [i32([5, 2], 0, 99), i32([3], 0, 5)] },
    ],
  }),
  /** The gradient of gather: rows [...n, ...rest] summed into zeros [size, ...rest] at ids i32 [...n]. */
  scatterAdd: define<{ readonly size: number }>({
    infer: ({ size }, [rows, ids], where) => {
      expectDtype(rows!, ["f32"], where);
      expectDtype(ids!, ["i32"], where);
      const rank = ids!.shape.length;
      expectShape(
        sameShape(rows!.shape.slice(0, rank), ids!.shape),
        where,
        "rows that start with the ids' axes",
        rows!,
        ids!,
      );
      return [{ dtype: rows!.dtype, shape: [size, ...rows!.shape.slice(rank)] }];
    },
    samples: [
      { attributes: { size: 5 }, inputs: [f32([2, 4, 3]), i32([2, 4], 0, 5)] },
      { attributes: { size: 4 }, inputs: [f32([7]), i32([7], 0, 4)] },
    ],
  }),
  /** One element of the last axis per row: x [...n, C], index i32 [...n] to [...n]. */
  pick: define<Record<never, never>>({
    infer: (_, [x, index], where) => {
      expectDtype(x!, ["f32"], where);
      expectDtype(index!, ["i32"], where);
      expectShape(
        sameShape(x!.shape.slice(0, -1), index!.shape),
        where,
        "an index for every row",
        x!,
        index!,
      );
      return [{ dtype: x!.dtype, shape: index!.shape }];
    },
    samples: [
      { attributes: {}, inputs: [f32([4, 5]), i32([4], 0, 5)] },
      { attributes: {}, inputs: [f32([2, 3, 4]), i32([2, 3], 0, 4)] },
    ],
  }),
};
