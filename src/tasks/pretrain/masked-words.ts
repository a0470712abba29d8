import { assert } from "../../core/index.ts";
import { rng } from "../../core/rng.ts";
import { maskLimit, maskWords } from "../../data/masking.ts";
import type { Sizes } from "../task.ts";
import type { Fields } from "./fields.ts";

/** The captions once more with words masked, and what stood there; places that nobody fills are 0 and weigh nothing. */
export function maskedWords(
  c: { readonly rate: number; readonly wholeWord: boolean },
  { batch, textLength }: Sizes,
): Fields<"maskedIds" | "positions" | "labels" | "weights"> {
  const limit = maskLimit(textLength, c.rate);
  const places = batch * limit;
  return {
    types: {
      maskedIds: { dtype: "i32", shape: [batch, textLength] },
      positions: { dtype: "i32", shape: [places] },
      labels: { dtype: "i32", shape: [places] },
      weights: { dtype: "f32", shape: [places] },
    },
    fill: ({ tokens, tokenizer, key, first }, { maskedIds, positions, labels, weights }) => {
      assert(tokens !== undefined, "words are masked in a batch without texts");
      const options = { ...c, mask: tokenizer.special.mask!, vocab: tokenizer.vocab };
      for (const array of [positions, labels, weights]) array.fill(0);
      for (let row = 0; row < batch; row++) {
        const start = row * textLength;
        const ids = tokens.ids.subarray(start, start + textLength);
        const words = tokens.words.subarray(start, start + textLength);
        const hidden = maskWords(ids, words, options, rng(key, "mask", first + row));
        maskedIds.set(hidden.ids, start);
        hidden.positions.forEach((position, i) => {
          const place = row * limit + i;
          positions[place] = start + position;
          labels[place] = ids[position]!;
          weights[place] = 1;
        });
      }
    },
  };
}
