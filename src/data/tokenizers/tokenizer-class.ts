import type { TokenRole } from "./added-token.ts";
import type { TokenizerOptions } from "./published-config.ts";
import type { TokenizerParts } from "./tokenizer-parts.ts";

/** What a class builds from. */
export interface TokenizerSource {
  readonly folder: string;
  /** Contents of the class's files, in the order of `files`. */
  readonly contents: readonly Buffer[];
  readonly options: TokenizerOptions;
  /** The content of a special token of the class. */
  readonly name: (role: TokenRole) => string;
}

/** A tokenizer class of transformers: what its files mean. */
export interface TokenizerClass {
  /** What it is made of where there is no `tokenizer.json`. */
  readonly files: readonly string[];
  /** Special tokens where the folder names no others. */
  readonly names: Partial<Record<TokenRole, string>>;
  /** Special tokens take the whitespace around them. */
  readonly strips?: true;
  /** Whether `do_lower_case`, `strip_accents` and `tokenize_chinese_chars` overrule the normalizer of a `tokenizer.json`. */
  readonly bertNormalizer?: true;
  readonly build: (source: TokenizerSource) => TokenizerParts;
}

/** BERT's special tokens. */
export const bracketNames = {
  unk_token: "[UNK]",
  sep_token: "[SEP]",
  pad_token: "[PAD]",
  cls_token: "[CLS]",
  mask_token: "[MASK]",
} as const;

/** RoBERTa's special tokens, which stand for fairseq's. */
export const angleNames = {
  bos_token: "<s>",
  eos_token: "</s>",
  unk_token: "<unk>",
  sep_token: "</s>",
  pad_token: "<pad>",
  cls_token: "<s>",
  mask_token: "<mask>",
} as const;
