import type { Rng } from "../core/rng.ts";

/** How many tokens are masked and what may stand in their place. */
export interface MaskingOptions {
  /** Share of the tokens that are no specials. */
  readonly rate: number;
  /** Choose whole words: all pieces of a chosen word are masked. Word indices come from the tokenizer, so this holds for WordPiece and BPE alike. */
  readonly wholeWord: boolean;
  /** Id of the mask token. */
  readonly mask: number;
  /** Ids below this may replace a token at random. */
  readonly vocab: number;
}

/** One text after masking. */
export interface Masked {
  /** The text with its masked positions changed. */
  readonly ids: Int32Array;
  /** Positions in rising order; their original ids are the labels. */
  readonly positions: readonly number[];
}

/** How many positions of a text of `length` tokens (two of them specials) can be masked at most. */
export function maskLimit(length: number, rate: number): number {
  return Math.max(1, Math.round((length - 2) * rate));
}

/**
 * Chooses max(1, round(rate * tokens)) tokens and replaces 80 % by the mask, 10 % by a random id, 10 % by themselves
 * (Devlin et al. 2019, arXiv:1810.04805, section 3.1). A word that does not fit into what is left is
 * passed over, so a text of nothing but long words may keep them all.
 * `words` holds each token's word, -1 for specials and padding, which are never chosen.
 */
export function maskWords(ids: Int32Array, words: Int32Array, options: MaskingOptions, random: Rng): Masked {
  const groups: number[][] = [];
  let last = -1;
  let tokens = 0;
  for (const [position, word] of words.entries()) {
    if (word < 0) continue;
    tokens++;
    if (options.wholeWord && word === last) groups.at(-1)!.push(position);
    else groups.push([position]);
    last = word;
  }
  let budget = tokens === 0 ? 0 : Math.max(1, Math.round(tokens * options.rate));
  const chosen: number[] = [];
  for (const group of random.shuffle(groups)) {
    if (group.length > budget) continue;
    chosen.push(...group);
    budget -= group.length;
  }
  chosen.sort((a, b) => a - b);
  const masked = ids.slice();
  for (const position of chosen) {
    const draw = random.uniform();
    if (draw < 0.8) masked[position] = options.mask;
    else if (draw < 0.9) masked[position] = random.integer(options.vocab);
  }
  return { ids: masked, positions: chosen };
}
