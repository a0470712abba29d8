import type { Tokenizer } from "../data/tokenizers/tokenizer.ts";

/** What a masked word may be, likeliest first; probabilities are of the whole vocabulary, in [0, 1]. */
export interface MaskGuesses {
  readonly guesses: readonly { readonly word: string; readonly probability: number }[];
}

/** Its place among the tokens of the text. */
interface FilledMask extends MaskGuesses {
  readonly at: number;
}

/** How many words are told. */
const told = 5;

/**
 * Fills the masks among `ids` i32[T]: of those left the one that is surest first, so that the others are guessed knowing
 * it. `run` gives the probabilities of all words, f32[T,V]; it has run on the filled ids when this returns, masks or not.
 */
export async function fillMasks(
  ids: Int32Array<ArrayBuffer>,
  { special, vocab, token, decode }: Tokenizer,
  run: (ids: Int32Array) => Promise<Float32Array>,
): Promise<{ ids: Int32Array<ArrayBuffer>; masks: readonly FilledMask[] }> {
  const filled = ids.slice();
  const isSpecial = new Set(Object.values(special));
  const masks: FilledMask[] = [];
  let left = Array.from(ids.keys()).filter((at) => ids[at] === special.mask);
  for (;;) {
    const probabilities = await run(filled);
    const width = probabilities.length / ids.length; // a head may have more rows than the tokenizer has words
    const ranked = left.map((at) => {
      const own = probabilities.subarray(at * width, at * width + vocab);
      const order = Array.from(own.keys()).filter((id) => !isSpecial.has(id));
      return { at, own, best: order.sort((a, b) => own[b]! - own[a]!).slice(0, told) };
    });
    const surest = ranked.toSorted((a, b) => b.own[b.best[0]!]! - a.own[a.best[0]!]!)[0];
    if (surest === undefined) return { ids: filled, masks: masks.sort((a, b) => a.at - b.at) };
    const { at, own, best } = surest;
    filled[at] = best[0]!;
    left = left.filter((other) => other !== at);
    const guesses = best.map(async (id) => {
      const word = (await decode([id])).trim() || (token(id) ?? `${id}`);
      return { word, probability: own[id]! };
    });
    masks.push({ at, guesses: await Promise.all(guesses) });
  }
}
