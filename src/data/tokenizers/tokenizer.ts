import { type JsEncoding, Tokenizer as NativeTokenizer } from "tokenizers";
import { fail } from "../../core/errors.ts";

/** A batch of texts of one length: B texts, T tokens. */
export interface TokenBatch {
  /** i32[B,T]: token ids, with `special.pad` after the end of a text. */
  readonly ids: Int32Array<ArrayBuffer>;
  /** bool[B,T]: true = attend, false = padding. */
  readonly keep: Uint8Array<ArrayBuffer>;
  /** i32[B,T]: index of the word that a token belongs to, as the tokenizer splits words; -1 for specials and padding. */
  readonly words: Int32Array<ArrayBuffer>;
}

/** How texts are fitted to one length. */
export interface EncodeOptions {
  /** T: every text is padded to so many tokens, specials included. */
  readonly length: number;
  /** What a longer text does: "truncate" keeps the specials and the beginning. */
  readonly tooLong: "error" | "truncate";
}

/** Text to ids and back. Made per thread: it does not pass between workers, its `tokenizer.json` does. */
export interface Tokenizer {
  /** Number of ids. */
  readonly vocab: number;
  /** Ids of the special tokens; undefined for those that this tokenizer does not have. */
  readonly special: SpecialIds;
  /** @throws BifocalError when a text is too long and `tooLong` is "error". */
  encode(texts: readonly string[], options: EncodeOptions): Promise<TokenBatch>;
  /** The text of ids without specials; spaces and case are the tokenizer's. */
  decode(ids: ArrayLike<number>): Promise<string>;
  /** The token of an id as the vocabulary spells it, "##s". */
  token(id: number): string | undefined;
}

/** Ids by role; one token may have several roles. */
export interface SpecialIds {
  readonly pad: number;
  readonly unknown: number | undefined;
  readonly start: number | undefined;
  readonly end: number | undefined;
  readonly mask: number | undefined;
}

/** What BERT, RoBERTa and CLIP call their special tokens. CLIP pads with its end token. */
const specialNames: Record<keyof SpecialIds, readonly string[]> = {
  pad: ["[PAD]", "<pad>", "<|endoftext|>"],
  unknown: ["[UNK]", "<unk>"],
  start: ["[CLS]", "<s>", "<|startoftext|>"],
  end: ["[SEP]", "</s>", "<|endoftext|>"],
  mask: ["[MASK]", "<mask>"],
};

/**
 * Reads the text of a Hugging Face `tokenizer.json`. Padding and truncation written in the file are switched off:
 * they belong to `encode`.
 * @throws BifocalError when the text is no tokenizer or has no padding token.
 */
export function loadTokenizer(json: string): Tokenizer {
  const native = parse(json);
  native.disablePadding();
  native.disableTruncation();
  const find = (names: readonly string[]) =>
    names.map((name) => native.tokenToId(name)).find((id) => id !== null);
  const pad = find(specialNames.pad);
  if (pad === undefined) {
    fail("data", "tokenizer.json", {
      expected: `a padding token, one of ${specialNames.pad.join(" ")}`,
      got: "none of them in the vocabulary",
    });
  }
  return {
    vocab: native.getVocabSize(true),
    special: {
      pad,
      unknown: find(specialNames.unknown),
      start: find(specialNames.start),
      end: find(specialNames.end),
      mask: find(specialNames.mask),
    },
    encode: (texts, options) => encode(native, pad, texts, options),
    decode: (ids) => native.decode(Array.from(ids), true),
    token: (id) => native.idToToken(id) ?? undefined,
  };
}

function parse(json: string): NativeTokenizer {
  try {
    return NativeTokenizer.fromString(json);
  } catch (cause) {
    return fail("data", "tokenizer.json", {
      expected: "a tokenizer of Hugging Face's tokenizers library",
      got: (cause as Error).message,
    });
  }
}

async function encode(
  native: NativeTokenizer,
  pad: number,
  texts: readonly string[],
  { length, tooLong }: EncodeOptions,
): Promise<TokenBatch> {
  const ids = new Int32Array(texts.length * length).fill(pad);
  const keep = new Uint8Array(texts.length * length);
  const words = new Int32Array(texts.length * length).fill(-1);
  const encodings = await native.encodeBatch([...texts]);
  for (const [row, whole] of encodings.entries()) {
    let encoding = whole;
    if (whole.getLength() > length) {
      if (tooLong === "error") {
        fail("data", `text "${texts[row]}"`, {
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
    for (const [i, word] of encoding.getWordIds().entries()) words[start + i] = word ?? -1;
  }
  return { ids, keep, words };
}

/** The specials are added after the cut, so that they stay. */
async function truncated(native: NativeTokenizer, text: string, length: number): Promise<JsEncoding> {
  const bare = await native.encode(text, null, { addSpecialTokens: false });
  const whole = await native.encode(text);
  const specials = whole.getLength() - bare.getLength();
  if (length <= specials) {
    fail("config", "text length", {
      expected: `more than ${specials} tokens, which the specials take`,
      got: String(length),
    });
  }
  bare.truncate(length - specials, 0, "right");
  return native.postProcess(bare, null, true);
}
