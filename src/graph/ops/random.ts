import type { Shape } from "../../core/shape.ts";
import { define, expectDtype, expectShape, i32 } from "./definition.ts";

/** Where in the stream of random words a draw stands. */
export interface RandomAttributes {
  readonly shape: Shape;
  /** Which draw of the trace this is; two sites of one step share no numbers. */
  readonly site: number;
  /** Which rows of a larger matrix these are; absent where they are all. */
  readonly rows?: SharedRows;
}

/** The matrix is so many `parts`, one below the other, of which every rank has the same share, in order of ranks. */
export interface SharedRows {
  readonly parts: number;
  readonly rank: number;
  readonly ranks: number;
}

/** Row (all axes but the last) of each of the draw's rows in the whole matrix. */
export function rowNumbers({ shape, rows }: Pick<RandomAttributes, "shape" | "rows">): Int32Array {
  const count = shape.slice(0, -1).reduce((product, n) => product * n, 1);
  if (rows === undefined) return Int32Array.from({ length: count }, (_, i) => i);
  const each = count / rows.parts;
  return Int32Array.from({ length: count }, (_, i) => {
    const part = Math.floor(i / each);
    return (part * rows.ranks + rows.rank) * each + (i % each);
  });
}

/** Random numbers inside the graph. */
export const random = {
  /**
   * Random i32 words, a pure function of (key i32[1], site, position), the same on every backend.
   * Seen as a matrix of R rows (all leading axes) and C columns (the last axis), word [r, c] is the product modulo 2^32
   * of an odd hash of the row and an odd hash of the column (multiply-shift hashing, Dietzfelbinger et al. 1997, J. Algorithms 25):
   * two integer operations an element. The HIGH bits are the random ones; the lowest is always 1: compare, never mask.
   */
  randomBits: define<RandomAttributes>({
    infer: ({ shape, rows }, [key], where) => {
      expectDtype(key!, ["i32"], where);
      expectShape(sameLength(key!.shape), where, "a key of [1]", key!);
      const split = rows === undefined || (shape.length > 1 && shape[0]! % rows.parts === 0);
      expectShape(split, where, `rows in ${rows?.parts} parts`, key!);
      return [{ dtype: "i32", shape }];
    },
    samples: [
      { attributes: { shape: [3, 4, 5], site: 7 }, inputs: [i32([1], -1e9, 1e9)] },
      { attributes: { shape: [6], site: 1 }, inputs: [i32([1], -1e9, 1e9)] },
      {
        attributes: { shape: [4, 3, 5], site: 2, rows: { parts: 2, rank: 1, ranks: 3 } },
        inputs: [i32([1], -1e9, 1e9)],
      },
    ],
  }),
};

function sameLength(shape: Shape): boolean {
  return shape.length === 1 && shape[0] === 1;
}
