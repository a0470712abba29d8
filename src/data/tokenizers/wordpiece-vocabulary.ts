import * as tokenizers from "tokenizers";
import { fail } from "../../core/errors.ts";

/** The special tokens of BERT, in the order of their ids. */
export const wordPieceSpecials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] as const;

/**
 * Learns a WordPiece vocabulary of at most `vocab` pieces: specials, characters, then pieces by falling frequency.
 * Starting from characters, the most frequent pair of neighbouring pieces is merged (Sennrich et al. 2016,
 * arXiv:1508.07909, section 3.2); ties go to the pair that sorts first, so the result depends on the texts alone.
 * Differs: pieces that no text needs any more after later merges leave the vocabulary, so a small closed text
 * ends with its whole words. Continuations start with "##" (Devlin et al. 2019, arXiv:1810.04805, section 3).
 * @throws BifocalError when `vocab` has no room for the specials and the characters of the texts.
 */
export function trainWordPiece(texts: Iterable<string>, { vocab }: { readonly vocab: number }): string[] {
  const words = countWords(texts);
  const characters = [...new Set(words.flatMap(({ pieces }) => pieces))].sort(byCodeUnits);
  const least = wordPieceSpecials.length + characters.length;
  if (vocab < least) {
    fail("config", "WordPiece vocabulary", {
      expected: `at least ${least} pieces, the specials and the characters of the texts`,
      got: String(vocab),
    });
  }
  const pairs = new PairCounts(words);
  const uses = new Map<string, number>();
  for (const word of words) for (const piece of word.pieces) add(uses, piece, word.count);
  const kept = new Set(characters);
  let learned = 0; // pieces in use that are not characters
  const use = (piece: string, change: number) => {
    const before = uses.get(piece) ?? 0;
    add(uses, piece, change);
    if (!kept.has(piece)) learned += Number(before + change > 0) - Number(before > 0);
  };
  while (least + learned < vocab) {
    const best = pairs.best();
    if (best === undefined) break;
    const [left, right] = best;
    const merged = left + right.slice(2);
    for (const word of pairs.wordsWith(left, right)) {
      pairs.change(word, -1);
      for (let i = 0; i + 1 < word.pieces.length; i++) {
        if (word.pieces[i] !== left || word.pieces[i + 1] !== right) continue;
        word.pieces.splice(i, 2, merged);
        use(left, -word.count);
        use(right, -word.count);
        use(merged, word.count);
      }
      pairs.change(word, 1);
    }
  }
  const pieces = [...uses].filter(([piece, count]) => count > 0 && !kept.has(piece));
  pieces.sort(([a, m], [b, n]) => n - m || byCodeUnits(a, b));
  return [...wordPieceSpecials, ...characters, ...pieces.map(([piece]) => piece)];
}

/** A word, how often it occurs, and the pieces it is made of so far. */
interface Word {
  readonly count: number;
  readonly pieces: string[];
}

/** Words as BERT's uncased tokenizer splits them. Equal texts are split once. */
function countWords(texts: Iterable<string>): Word[] {
  const normalizer = tokenizers.bertNormalizer();
  const preTokenizer = tokenizers.bertPreTokenizer();
  const textCounts = new Map<string, number>();
  for (const text of texts) add(textCounts, text, 1);
  const counts = new Map<string, number>();
  for (const [text, count] of textCounts) {
    for (const [word] of preTokenizer.preTokenizeString(normalizer.normalizeString(text))) {
      add(counts, word, count);
    }
  }
  return [...counts].map(([word, count]) => ({
    count,
    pieces: Array.from(word, (character, i) => (i === 0 ? character : `##${character}`)),
  }));
}

/** How often each pair of neighbouring pieces occurs, kept up to date as words change. */
class PairCounts {
  private readonly pairs = new Map<string, { count: number; words: Set<Word> }>();

  constructor(words: readonly Word[]) {
    for (const word of words) this.change(word, 1);
  }

  /** Adds (sign 1) or removes (sign -1) the pairs of a word. */
  change(word: Word, sign: 1 | -1): void {
    for (let i = 0; i + 1 < word.pieces.length; i++) {
      const key = `${word.pieces[i]} ${word.pieces[i + 1]}`;
      let pair = this.pairs.get(key);
      if (pair === undefined) {
        pair = { count: 0, words: new Set() };
        this.pairs.set(key, pair);
      }
      pair.count += sign * word.count;
      if (sign > 0) pair.words.add(word);
      else pair.words.delete(word);
      if (pair.count === 0) this.pairs.delete(key);
    }
  }

  /** The most frequent pair, the first in code unit order among equals; undefined when every word is one piece. */
  best(): [string, string] | undefined {
    let best: string | undefined;
    let bestCount = 0;
    for (const [key, { count }] of this.pairs) {
      if (count > bestCount || (count === bestCount && best !== undefined && key < best)) {
        best = key;
        bestCount = count;
      }
    }
    return best?.split(" ") as [string, string] | undefined;
  }

  wordsWith(left: string, right: string): Word[] {
    return [...(this.pairs.get(`${left} ${right}`)?.words ?? [])];
  }
}

function add(counts: Map<string, number>, key: string, change: number): void {
  counts.set(key, (counts.get(key) ?? 0) + change);
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
