import { assert } from "../../core/errors.ts";
import { rng } from "../../core/rng.ts";
import { dictation } from "../../data/dictation.ts";
import { corruptSpans, type SpanOptions, spanCounts } from "../../data/span-corruption.ts";
import type { Sizes } from "../task.ts";
import type { Fields } from "./fields.ts";

/** Rows at the end of the word table that stand for hidden spans, the last for the first, as in T5. */
export function sentinelCount(c: SpanOptions, { textLength }: Pick<Sizes, "textLength">): number {
  return spanCounts(textLength, c).spans;
}

/**
 * The captions once more with spans hidden, and what a decoder writes of them, U places each; those behind the end are
 * padding and weigh nothing.
 */
export function hiddenSpans(
  c: SpanOptions,
  sizes: Sizes,
): Fields<"spanIds" | "spanKeep" | "spanInputs" | "spanLabels" | "spanWeights"> {
  const { batch, textLength, vocab } = sizes;
  const most = spanCounts(textLength, c);
  const U = most.hidden + most.spans + 1;
  return {
    types: {
      spanIds: { dtype: "i32", shape: [batch, textLength] },
      spanKeep: { dtype: "bool", shape: [batch, textLength] },
      spanInputs: { dtype: "i32", shape: [batch, U] },
      spanLabels: { dtype: "i32", shape: [batch, U] },
      spanWeights: { dtype: "f32", shape: [batch, U] },
    },
    fill: ({ tokens, tokenizer, key, first: firstRow }, arrays) => {
      assert(tokens !== undefined, "spans are hidden in a batch without texts");
      const { pad } = tokenizer.special;
      const { spanIds, spanKeep, spanInputs, spanLabels, spanWeights } = arrays;
      for (const array of [spanIds, spanInputs, spanLabels]) array.fill(pad);
      for (const array of [spanKeep, spanWeights]) array.fill(0);
      for (let row = 0; row < batch; row++) {
        const at = row * textLength;
        const words = tokens.words.subarray(at, at + textLength);
        const length = tokens.keep.subarray(at, at + textLength).lastIndexOf(1) + 1;
        const ids = [...tokens.ids.subarray(at, at + length)];
        // Specials stand in front of a text and behind it.
        const first = words.findIndex((word) => word >= 0);
        const last = words.findLastIndex((word) => word >= 0);
        const text = first < 0 ? [] : ids.slice(first, last + 1);
        const draw = rng(key, "spans", firstRow + row);
        const { seen, hidden } = corruptSpans(text, c, (span) => vocab - 1 - span, draw);
        const shown = first < 0 ? ids : [...ids.slice(0, first), ...seen, ...ids.slice(last + 1)];
        spanIds.set(shown, at);
        spanKeep.fill(1, at, at + shown.length);
        const { inputs, labels } = dictation(hidden, tokenizer.special);
        spanInputs.set(inputs, row * U);
        spanLabels.set(labels, row * U);
        spanWeights.fill(1, row * U, row * U + labels.length);
      }
    },
  };
}
