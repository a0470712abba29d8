import type { Shape } from "../../core/shape.ts";
import { define, expectDtype, expectShape, i32 } from "./definition.ts";

/** Where in the stream of random words a draw stands. */
export interface RandomAttributes {
  readonly shape: Shape;
  /** Which draw of the trace this is; two sites of one step share no numbers. */
  readonly site: number;
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
    infer: ({ shape }, [key], where) => {
      expectDtype(key!, ["i32"], where);
      expectShape(sameLength(key!.shape), where, "a key of [1]", key!);
      return [{ dtype: "i32", shape }];
    },
    samples: [
      { attributes: { shape: [3, 4, 5], site: 7 }, inputs: [i32([1], -1e9, 1e9)] },
      { attributes: { shape: [6], site: 1 }, inputs: [i32([1], -1e9, 1e9)] },
    ],
  }),
};

function sameLength(shape: Shape): boolean {
  return shape.length === 1 && shape[0] === 1;
}
