import { specialToken } from "./added-token.ts";
import { type TokenizerParts, template, tokenizerJson } from "./tokenizer-parts.ts";
import { wordPieceSpecials } from "./wordpiece-vocabulary.ts";

/** How BERT's tokenizer cleans a text. */
export interface WordPieceOptions {
  readonly lowercase: boolean;
  /** null = as `lowercase` says. */
  readonly stripAccents: boolean | null;
  /** Every Chinese character is a word. */
  readonly chineseCharacters: boolean;
}

/** Names of BERT's special tokens that its model and its template need. */
export interface WordPieceNames {
  readonly unknown: string;
  readonly start: string;
  readonly end: string;
}

/** A WordPiece tokenizer: words and punctuation marks are split apart, then "[CLS] text [SEP]". */
export function wordPieceParts(
  ids: ReadonlyMap<string, number>,
  { unknown, start, end }: WordPieceNames,
  { lowercase, stripAccents, chineseCharacters }: WordPieceOptions,
): TokenizerParts {
  return {
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: chineseCharacters,
      strip_accents: stripAccents,
      lowercase,
    },
    preTokenizer: { type: "BertPreTokenizer" },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: unknown,
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(ids),
    },
    ids,
    special: [],
    postProcessor: (all) => template(all, start, end, { secondType: 1, doubled: false }),
  };
}

/**
 * The text of a `tokenizer.json` for an uncased WordPiece vocabulary with BERT's special tokens, as Hugging Face's
 * libraries read it: "[CLS] text [SEP]", or "[CLS] first [SEP] second [SEP]" for a pair.
 */
export function wordPieceTokenizerJson(vocabulary: readonly string[]): string {
  const parts = wordPieceParts(
    new Map(vocabulary.map((token, id) => [token, id])),
    { unknown: "[UNK]", start: "[CLS]", end: "[SEP]" },
    { lowercase: true, stripAccents: null, chineseCharacters: true },
  );
  const added = wordPieceSpecials.map((content) => specialToken(content));
  return tokenizerJson(parts, added);
}
