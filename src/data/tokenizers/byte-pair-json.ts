import { fail } from "../../core/errors.ts";
import { parseJson } from "./published-config.ts";
import { angleNames, bracketNames, type TokenizerClass, type TokenizerSource } from "./tokenizer-class.ts";
import { type TokenizerNode, type TokenizerParts, template } from "./tokenizer-parts.ts";

/** The two files of a byte-pair encoding, as published: ids of the tokens, and pairs in the order of their merging. */
interface BytePairs {
  readonly ids: ReadonlyMap<string, number>;
  readonly merges: readonly (readonly [string, string])[];
}

/** The special tokens around a text. */
interface BytePairNames {
  readonly start: string;
  readonly end: string;
}

/**
 * Reads `vocab.json` and `merges.txt`.
 * @throws BifocalError when they are no vocabulary and merges, or the merges make tokens that have no id.
 */
function readBytePairs(vocabulary: string, merges: string, folder: string): BytePairs {
  const path = `${folder}/vocab.json`;
  const ids = parseJson(vocabulary, path);
  if (!isIds(ids)) {
    return fail("data", path, { expected: "an object of tokens and their ids", got: "something else" });
  }
  const known = new Map(Object.entries(ids));
  const lines = merges.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const pairs = lines.flatMap((text, i): [string, string][] => {
    const line = text.replace(/\r$/, "");
    if (line.startsWith("#version")) return [];
    const [left, right, ...more] = line.split(" ");
    if (!left || !right || more.length > 0) {
      return fail("data", `${folder}/merges.txt`, {
        expected: "two tokens with a space between them on each line",
        got: `"${line}" on line ${i + 1}`,
      });
    }
    const unknown = [left, right, left + right].find((token) => !known.has(token));
    if (unknown !== undefined) {
      return fail("data", `${folder}/merges.txt`, {
        expected: "merges of tokens that vocab.json has",
        got: `"${unknown}" on line ${i + 1}`,
        todo: "fetch both files again",
      });
    }
    return [[left, right]];
  });
  return { ids: known, merges: pairs };
}

function isIds(value: unknown): value is Record<string, number> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((id) => Number.isInteger(id) && id >= 0);
}

/**
 * GPT-2's byte-level encoding in RoBERTa's form (Liu et al. 2019, arXiv:1907.11692, section 4.4): a space belongs to
 * the word behind it, "<s> text </s>".
 */
function robertaParts(
  pairs: BytePairs,
  names: BytePairNames,
  { prefixSpace, trimOffsets }: { readonly prefixSpace: boolean; readonly trimOffsets: boolean },
): TokenizerParts {
  return {
    ...byteLevelParts(pairs, prefixSpace),
    postProcessor: (ids) => ({
      type: "RobertaProcessing",
      sep: [names.end, ids.get(names.end)],
      cls: [names.start, ids.get(names.start)],
      trim_offsets: trimOffsets,
      add_prefix_space: prefixSpace,
    }),
  };
}

/** GPT-2's byte-level encoding in DeBERTa's form (He et al. 2020, arXiv:2006.03654): "[CLS] text [SEP]". */
function debertaParts(pairs: BytePairs, names: BytePairNames, prefixSpace: boolean): TokenizerParts {
  return {
    ...byteLevelParts(pairs, prefixSpace),
    postProcessor: (ids) => template(ids, names.start, names.end, { secondType: 0, doubled: true }),
  };
}

/**
 * CLIP's encoding (Radford et al. 2021, arXiv:2103.00020, section 2.4): lower case, "</w>" ends a word, digits stand
 * alone, "<|startoftext|> text <|endoftext|>".
 */
function clipParts(pairs: BytePairs, names: BytePairNames, unknown: string): TokenizerParts {
  const specials = [names.start, names.end].map((name) => name.replace(/[|\\{}()[\]^$+*?.]/g, "\\$&"));
  const words = String.raw`'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`;
  return {
    normalizer: {
      type: "Sequence",
      normalizers: [
        { type: "NFC" },
        { type: "Replace", pattern: { Regex: String.raw`\s+` }, content: " " },
        { type: "Lowercase" },
      ],
    },
    preTokenizer: {
      type: "Sequence",
      pretokenizers: [
        {
          type: "Split",
          pattern: { Regex: [...specials, words].join("|") },
          behavior: "Removed",
          invert: true,
        },
        byteLevel(false),
      ],
    },
    decoder: byteLevel(true),
    model: { ...bytePairNode(pairs), unk_token: unknown, end_of_word_suffix: "</w>" },
    ids: pairs.ids,
    special: [],
    postProcessor: (ids) => ({
      type: "RobertaProcessing",
      sep: [names.end, ids.get(names.end)],
      cls: [names.start, ids.get(names.start)],
      trim_offsets: false,
      add_prefix_space: false,
    }),
  };
}

function byteLevelParts(pairs: BytePairs, prefixSpace: boolean): Omit<TokenizerParts, "postProcessor"> {
  return {
    normalizer: null,
    preTokenizer: byteLevel(prefixSpace),
    decoder: byteLevel(true),
    model: bytePairNode(pairs),
    ids: pairs.ids,
    special: [],
  };
}

function byteLevel(prefixSpace: boolean): TokenizerNode {
  return { type: "ByteLevel", add_prefix_space: prefixSpace, trim_offsets: true, use_regex: true };
}

function bytePairNode({ ids, merges }: BytePairs): TokenizerNode {
  return {
    type: "BPE",
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: "",
    end_of_word_suffix: "",
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges: false,
    vocab: Object.fromEntries(ids),
    merges,
  };
}

const bytePairFiles = ["vocab.json", "merges.txt"];

const roberta: TokenizerClass = {
  files: bytePairFiles,
  names: angleNames,
  build: (source) =>
    robertaParts(
      bytePairs(source),
      { start: source.name("cls_token"), end: source.name("sep_token") },
      {
        prefixSpace: source.options.add_prefix_space ?? false,
        trimOffsets: source.options.trim_offsets ?? true,
      },
    ),
};

const deberta: TokenizerClass = {
  files: bytePairFiles,
  names: { bos_token: "[CLS]", eos_token: "[SEP]", ...bracketNames },
  build: (source) =>
    debertaParts(
      bytePairs(source),
      { start: source.name("cls_token"), end: source.name("sep_token") },
      source.options.add_prefix_space ?? false,
    ),
};

const clip: TokenizerClass = {
  files: bytePairFiles,
  names: {
    bos_token: "<|startoftext|>",
    eos_token: "<|endoftext|>",
    unk_token: "<|endoftext|>",
    pad_token: "<|endoftext|>",
  },
  build: (source) =>
    clipParts(
      bytePairs(source),
      { start: source.name("bos_token"), end: source.name("eos_token") },
      source.name("unk_token"),
    ),
};

function bytePairs({ contents: [vocabulary, merges], folder }: TokenizerSource) {
  return readBytePairs(vocabulary!.toString(), merges!.toString(), folder);
}

/** The classes of byte-pair encodings, by their names in transformers. */
export const bytePairClasses: Readonly<Record<string, TokenizerClass>> = {
  CLIPTokenizer: clip,
  DebertaTokenizer: deberta,
  RobertaTokenizer: roberta,
};
