import { fail } from "../core/errors.ts";
import { constant, type Tensor } from "../graph/tensor.ts";
import { zeros } from "./init.ts";
import type { Scope } from "./scope.ts";

/**
 * A learned number for every head and every distance between two words, and three more for the first token: from it, to
 * it, to itself; as `gridBias` has them for patches (Bao et al. 2022, VLMo, arXiv:2111.02358). Added to the
 * attention scores: f32[1,H,T,T]. @throws BifocalError when a text is longer than `textLength`.
 */
export function wordBias(
  at: Scope,
  { heads, textLength }: { readonly heads: number; readonly textLength: number },
) {
  const table = at.param("table", [2 * textLength, heads], zeros);
  return at.layer((length: number): Tensor => {
    if (length > textLength) {
      const expected = `texts of at most ${textLength} tokens`;
      fail("shape", at.path, { expected, got: `${length}`, todo: "cut them when they become tokens" });
    }
    return table.gather(distanceIndex(length, textLength)).transpose([2, 0, 1]).unsqueeze(0);
  });
}

/** i32[T,T]: the row of the table that holds the distance from query to key, backwards first. */
function distanceIndex(length: number, reach: number): Tensor {
  const [fromFirst, toFirst, firstToFirst] = [2 * reach - 3, 2 * reach - 2, 2 * reach - 1];
  const index = (query: number, key: number): number => {
    if (query === 0) return key === 0 ? firstToFirst : fromFirst;
    return key === 0 ? toFirst : key - query + reach - 2;
  };
  const values = Int32Array.from({ length: length ** 2 }, (_, i) =>
    index(Math.floor(i / length), i % length),
  );
  return constant("i32", [length, length], values);
}
