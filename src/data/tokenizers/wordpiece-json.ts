import { wordPieceSpecials } from "./wordpiece-vocabulary.ts";

/**
 * The text of a `tokenizer.json` for an uncased WordPiece vocabulary, as Hugging Face's libraries read it:
 * "[CLS] text [SEP]", or "[CLS] first [SEP] second [SEP]" for a pair.
 */
export function wordPieceTokenizerJson(vocabulary: readonly string[]): string {
  const id = (token: string) => vocabulary.indexOf(token);
  const special = (token: string, type: number) => ({ SpecialToken: { id: token, type_id: type } });
  const sequence = (name: "A" | "B", type: number) => ({ Sequence: { id: name, type_id: type } });
  const first = [special("[CLS]", 0), sequence("A", 0), special("[SEP]", 0)];
  const json = {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: wordPieceSpecials.map((content) => ({
      id: id(content),
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "TemplateProcessing",
      single: first,
      pair: [...first, sequence("B", 1), special("[SEP]", 1)],
      special_tokens: Object.fromEntries(
        ["[CLS]", "[SEP]"].map((token) => [token, { id: token, ids: [id(token)], tokens: [token] }]),
      ),
    },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary.map((token, i) => [token, i])),
    },
  };
  return `${JSON.stringify(json, null, 1)}\n`;
}
