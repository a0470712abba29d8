import { fail } from "../core/errors.ts";
import type { SpecialIds } from "./tokenizers/special-ids.ts";

/** A text as a decoder learns to write it: behind each of `inputs` comes the label at its place. */
export interface Dictation {
  readonly inputs: readonly number[];
  readonly labels: readonly number[];
}

/** The tokens a text begins and ends with when it is written. @throws BifocalError when the tokenizer has no end. */
export function writingMarks({ start, end }: SpecialIds): { readonly start: number; readonly end: number } {
  if (end === undefined) {
    return fail("data", "tokenizer", {
      expected: "a token that ends a text, to be written",
      got: "none",
      todo: "choose a tokenizer that puts one behind every text",
    });
  }
  // Where no token stands in front of a text, it is written after the end of another, as BART does.
  return { start: start ?? end, end };
}

/** Teacher forcing: each token of a text, and its end, from those before it. */
export function dictation(tokens: readonly number[], special: SpecialIds): Dictation {
  const { start, end } = writingMarks(special);
  return { inputs: [start, ...tokens], labels: [...tokens, end] };
}
