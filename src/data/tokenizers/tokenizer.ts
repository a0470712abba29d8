import { type JsEncoding, Tokenizer as NativeTokenizer } from "tokenizers";
import { z } from "zod";
import { fail } from "../../core/errors.ts";
import { type SpecialIds, specialIds } from "./special-ids.ts";

/** A batch of texts of one length: B texts, T tokens. */
export interface TokenBatch {
  /** i32[B,T]: token ids, with `special.pad` after the end of a text. */
  readonly ids: Int32Array<ArrayBuffer>;
  /** bool[B,T]: true = attend, false = padding. */
  readonly keep: Uint8Array<ArrayBuffer>;
  /**
   * i32[B,T]: index of the word that a token belongs to, -1 for specials and padding. A word is what the tokenizer
   * splits off before its vocabulary is asked: a punctuation mark is one of its own for WordPiece, runs of letters,
   * digits or signs are for byte-level BPE and CLIP ("don't" is two), and what stands between blanks is one for
   * SentencePiece, punctuation and all, so that a Chinese sentence is a single word.
   */
  readonly words: Int32Array<ArrayBuffer>;
  /** i32[B,T]: 1 for the second text of a pair as the tokenizer counts (BERT's: with its end mark), else 0. */
  readonly segments: Int32Array<ArrayBuffer>;
}

/** One text, or two that are read together. */
export type Encodable = string | readonly [string, string];

/** How texts are fitted to one length. */
export interface EncodeOptions {
  /** T: every text is padded to so many tokens, specials included. */
  readonly length: number;
  /** What a longer text does: "truncate" keeps the specials and the beginning, of two texts that of the longer one loses first. */
  readonly tooLong: "error" | "truncate";
}

/** Text to ids and back. Made per thread: it does not pass between workers, its `tokenizer.json` does. */
export interface Tokenizer {
  /** Number of ids. */
  readonly vocab: number;
  /** Ids of the special tokens; undefined for those that this tokenizer does not have. */
  readonly special: SpecialIds;
  /** @throws BifocalError when a text is too long and `tooLong` is "error". */
  encode(texts: readonly Encodable[], options: EncodeOptions): Promise<TokenBatch>;
  /** The text of ids without specials; spaces and case are the tokenizer's. */
  decode(ids: ArrayLike<number>): Promise<string>;
  /** The token of an id as the vocabulary spells it, "##s". */
  token(id: number): string | undefined;
}

/**
 * Reads the text of a Hugging Face `tokenizer.json`. Padding and truncation written in the file are switched off:
 * they belong to `encode`. Only the padding token is taken from there. `where` is for errors only.
 * @throws BifocalError when the text is no tokenizer or has no padding token.
 */
export function loadTokenizer(json: string, where = "tokenizer.json"): Tokenizer {
  const { native, value } = parse(json, where);
  native.disablePadding();
  native.disableTruncation();
  const { pad, ...others } = specialIds(value, (token) => native.tokenToId(token));
  if (pad === undefined) {
    fail("data", where, {
      expected: "a padding token, in `padding` or by one of the names [PAD] <pad> <|endoftext|>",
      got: "none of them in the vocabulary",
    });
  }
  const special = { pad, ...others };
  const rules = wordRules(native, special);
  const suffix = wordSuffix(value);
  return {
    vocab: native.getVocabSize(true),
    special,
    encode: (texts, options) => encode(native, pad, rules, texts, options),
    decode: async (ids) => {
      const text = await native.decode(Array.from(ids), true);
      return suffix === undefined ? text : text.replaceAll(suffix, " ").trim();
    },
    token: (id) => native.idToToken(id) ?? undefined,
  };
}

/** What CLIP's tokens carry at the end of a word, "</w>"; the library leaves it in the text. */
function wordSuffix(value: unknown): string | undefined {
  const { data } = bytePairFile.safeParse(value);
  return data?.model.end_of_word_suffix || undefined;
}

const bytePairFile = z.looseObject({
  model: z.looseObject({ type: z.literal("BPE"), end_of_word_suffix: z.string() }),
});

function parse(json: string, where: string): { native: NativeTokenizer; value: unknown } {
  try {
    return { native: NativeTokenizer.fromString(json), value: JSON.parse(json) };
  } catch (cause) {
    return fail("data", where, {
      expected: "a tokenizer of Hugging Face's tokenizers library",
      got: (cause as Error).message,
    });
  }
}

async function encode(
  native: NativeTokenizer,
  pad: number,
  rules: WordRules,
  texts: readonly Encodable[],
  { length, tooLong }: EncodeOptions,
): Promise<TokenBatch> {
  const ids = new Int32Array(texts.length * length).fill(pad);
  const keep = new Uint8Array(texts.length * length);
  const words = new Int32Array(texts.length * length).fill(-1);
  const segments = new Int32Array(texts.length * length);
  const encodings = await encodingsOf(native, texts);
  for (const [row, whole] of encodings.entries()) {
    let encoding = whole;
    if (whole.getLength() > length) {
      if (tooLong === "error") {
        fail("data", `text "${[texts[row]!].flat().join(" / ")}"`, {
          expected: `at most ${length} tokens`,
          got: String(whole.getLength()),
          todo: "raise the text length or ask for truncation",
        });
      }
      encoding = await truncated(native, texts[row]!, length);
    }
    const start = row * length;
    ids.set(encoding.getIds(), start);
    keep.fill(1, start, start + encoding.getLength());
    words.set(wordsOf(encoding, rules), start);
    segments.set(encoding.getTypeIds(), start);
  }
  return { ids, keep, words, segments };
}

/** One by one where texts are pairs, which the library takes in no batch. */
function encodingsOf(native: NativeTokenizer, texts: readonly Encodable[]): Promise<JsEncoding[]> {
  const single = texts.filter((text) => typeof text === "string");
  if (single.length === texts.length) return native.encodeBatch(single);
  return Promise.all(
    texts.map((text) => (typeof text === "string" ? native.encode(text) : native.encode(text[0], text[1]))),
  );
}

/** What telling words apart needs to know about ids. */
interface WordRules {
  readonly isSpecial: (id: number) => boolean;
  readonly beginsWithBlank: (id: number) => boolean;
}

function wordRules(native: NativeTokenizer, special: SpecialIds): WordRules {
  const specials = new Set([special.pad, special.start, special.end, special.mask]);
  const blank = new Map<number, boolean>(); // asking the library for a token's text is slow
  return {
    isSpecial: (id) => specials.has(id),
    beginsWithBlank: (id) => {
      let begins = blank.get(id);
      if (begins === undefined) {
        begins = native.idToToken(id)?.startsWith("▁") ?? false;
        blank.set(id, begins);
      }
      return begins;
    },
  };
}

/**
 * The tokenizer's own words, counted without the specials. One that leaves blanks to its vocabulary ("▁") gives no
 * words: there, each blank begins one.
 */
function wordsOf(encoding: JsEncoding, { isSpecial, beginsWithBlank }: WordRules): number[] {
  const ids = encoding.getIds();
  let last: number | null | undefined;
  let count = -1;
  return encoding.getWordIds().map((word, i) => {
    const id = ids[i]!;
    if (word === null || word === undefined || isSpecial(id)) return -1;
    if (word !== last || beginsWithBlank(id)) count++;
    last = word;
    return count;
  });
}

/** The specials are added after the cut, so that they stay. */
async function truncated(native: NativeTokenizer, text: Encodable, length: number): Promise<JsEncoding> {
  const [one, two] = typeof text === "string" ? [text] : text;
  const bareOf = (part: string) => native.encode(part, null, { addSpecialTokens: false });
  const bare = await bareOf(one);
  const second = two === undefined ? undefined : await bareOf(two);
  const whole = await native.encode(one, two ?? null);
  const [first, last] = [bare.getLength(), second?.getLength() ?? 0];
  const specials = whole.getLength() - first - last;
  if (length <= specials) {
    fail("config", "text length", {
      expected: `more than ${specials} tokens, which the specials take`,
      got: String(length),
    });
  }
  const room = length - specials;
  if (second === undefined) bare.truncate(room, 0, "right");
  else {
    // The longer of two is cut until both fit, as "longest first" of the tokenizers library.
    const shorter = Math.min(first, last, Math.floor(room / 2));
    const kept = first <= last ? [shorter, room - shorter] : [room - shorter, shorter];
    if (first > kept[0]!) bare.truncate(kept[0]!, 0, "right");
    if (last > kept[1]!) second.truncate(kept[1]!, 0, "right");
  }
  return native.postProcess(bare, second ?? null, true);
}
