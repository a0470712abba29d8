import { type Piece, readSentencePieceModel, type SentencePieceModel } from "./sentence-piece-model.ts";
import { angleNames, bracketNames, type TokenizerClass, type TokenizerSource } from "./tokenizer-class.ts";
import { type TokenizerNode, type TokenizerParts, template } from "./tokenizer-parts.ts";

/** The special tokens that a SentencePiece tokenizer needs. */
interface SentencePieceNames {
  readonly unknown: string;
  /** Undefined where texts have only an end. */
  readonly start: string | undefined;
  readonly end: string;
}

/**
 * XLM-RoBERTa (Conneau et al. 2020, arXiv:1911.02116): "<s> text </s>". Its ids are fairseq's: four specials stand
 * where the file has three, and the mask comes last.
 */
function xlmRobertaParts(
  model: SentencePieceModel,
  names: SentencePieceNames & { readonly start: string; readonly pad: string; readonly mask: string },
  prefixSpace: boolean,
): TokenizerParts {
  const special = (text: string): Piece => ({ text, score: 0, kind: "control" });
  const pieces = [
    ...[names.start, names.pad, names.end, names.unknown].map(special),
    ...model.pieces.slice(3),
    special(names.mask),
  ];
  return {
    ...sentencePieceParts({ ...model, pieces, unknown: 3 }, names, prefixSpace ? "always" : "never"),
    normalizer: model.charsmap.length === 0 ? null : charsmapNode(model),
    postProcessor: (ids) => template(ids, names.start, names.end, { secondType: 0, doubled: true }),
  };
}

/** ALBERT (Lan et al. 2020, arXiv:1909.11942): "[CLS] text [SEP]". */
function albertParts(
  model: SentencePieceModel,
  names: SentencePieceNames,
  options: { readonly lowercase: boolean; readonly keepAccents: boolean; readonly prefixSpace: boolean },
): TokenizerParts {
  return {
    ...sentencePieceParts(model, names, options.prefixSpace ? "always" : "never"),
    normalizer: sequence([
      replaceText("``", '"'),
      replaceText("''", '"'),
      ...(options.keepAccents ? [] : [{ type: "NFKD" }, { type: "StripAccents" }]),
      ...(options.lowercase ? [{ type: "Lowercase" }] : []),
      ...(model.charsmap.length === 0 ? [] : [charsmapNode(model)]),
    ]),
    postProcessor: (ids) => template(ids, names.start, names.end, { secondType: 1, doubled: false }),
  };
}

/**
 * DeBERTa version 2 and 3 (He et al. 2021, arXiv:2111.09543): "[CLS] text [SEP]".
 * As in transformers 5, texts are normalized by NFC and the file's own character table is not used.
 */
function debertaV2Parts(
  model: SentencePieceModel,
  names: SentencePieceNames,
  options: {
    readonly lowercase: boolean;
    readonly splitPunctuation: boolean;
    readonly prefixSpace: boolean;
  },
): TokenizerParts {
  const scheme = options.prefixSpace ? "always" : "first";
  return {
    ...sentencePieceParts(model, names, scheme),
    normalizer: sequence([
      ...(options.lowercase ? [{ type: "Lowercase" }] : []),
      replace(String.raw`\s{2,}|[\n\r\t]`, " "),
      { type: "NFC" },
      { type: "Strip", strip_left: false, strip_right: true },
    ]),
    preTokenizer: {
      type: "Sequence",
      pretokenizers: [
        ...(options.splitPunctuation ? [{ type: "Punctuation", behavior: "Isolated" }] : []),
        metaspace(scheme),
      ],
    },
    postProcessor: (ids) => template(ids, names.start, names.end, { secondType: 1, doubled: false }),
  };
}

/**
 * SigLIP (Zhai et al. 2023, arXiv:2303.15343): lower case, no punctuation, "text </s>".
 * transformers does this in Python and puts "▁" in front of the text first. Hence the rules for a text's beginning:
 * a punctuation mark leaves the "▁" to the word behind it, a blank leaves it as a piece of its own.
 */
function siglipParts(
  model: SentencePieceModel,
  names: SentencePieceNames,
  lowercase: boolean,
): TokenizerParts {
  const marks = String.raw`!-/:-@\[-\x60{-~`; // ASCII punctuation
  const blanks = String.raw`\s\x1c-\x1f`;
  const end = { type: "Strip", strip_left: false, strip_right: true };
  return {
    ...sentencePieceParts(model, names, "first"),
    normalizer: sequence([
      replaceText("▁", " "),
      ...(lowercase ? [replace(String.raw`(?<=\p{L})Σ(?!\p{L})`, "ς"), { type: "Lowercase" }] : []),
      replace(String.raw`\A[${marks}${blanks}]+\z`, ""),
      replace(String.raw`\A[${marks}]*[${blanks}][${marks}${blanks}]*`, "▁ "),
      replace(String.raw`\A[${marks}]+`, "▁"),
      replace(`[${marks}]`, ""),
      replace(`[${blanks}]+`, " "),
      end,
      ...(model.charsmap.length === 0 ? [] : [charsmapNode(model)]),
      replace(" {2,}", " "),
      end,
    ]),
    preTokenizer: metaspace("first"),
    special: [],
    postProcessor: (ids) => template(ids, names.start, names.end, { secondType: 0, doubled: false }),
  };
}

function sentencePieceParts(
  model: SentencePieceModel,
  { unknown }: SentencePieceNames,
  scheme: "always" | "first" | "never",
): Omit<TokenizerParts, "normalizer" | "postProcessor"> {
  const { pieces } = model;
  const ids = new Map(pieces.map((piece, id) => [piece.text, id]));
  return {
    preTokenizer: { type: "Sequence", pretokenizers: [{ type: "WhitespaceSplit" }, metaspace(scheme)] },
    decoder: metaspace(scheme),
    model:
      model.kind === "unigram"
        ? {
            type: "Unigram",
            unk_id: model.unknown,
            byte_fallback: model.byteFallback,
            vocab: pieces.map(({ text, score }) => [text, score]),
          }
        : {
            type: "BPE",
            dropout: null,
            unk_token: unknown,
            continuing_subword_prefix: null,
            end_of_word_suffix: null,
            fuse_unk: true,
            byte_fallback: model.byteFallback,
            ignore_merges: false,
            vocab: Object.fromEntries(ids),
            merges: mergesOf(pieces),
          },
    ids,
    special: pieces
      .filter(({ kind }) => kind === "control" || kind === "user-defined")
      .map(({ text }) => text),
  };
}

/**
 * SentencePiece joins any two neighbours whose union is a piece, the best score first; merges in the order of the
 * scores say the same.
 */
function mergesOf(pieces: readonly Piece[]): [string, string][] {
  const normal = new Set(pieces.filter(({ kind }) => kind === "normal").map(({ text }) => text));
  return pieces
    .filter(({ kind }) => kind === "normal")
    .sort((a, b) => b.score - a.score)
    .flatMap(({ text }) => {
      const characters = [...text];
      return characters.slice(1).flatMap((_, i): [string, string][] => {
        const left = characters.slice(0, i + 1).join("");
        const right = characters.slice(i + 1).join("");
        return normal.has(left) && normal.has(right) ? [[left, right]] : [];
      });
    });
}

function charsmapNode({ charsmap }: SentencePieceModel): TokenizerNode {
  return { type: "Precompiled", precompiled_charsmap: charsmap.toString("base64") };
}

function metaspace(prepend_scheme: "always" | "first" | "never"): TokenizerNode {
  return { type: "Metaspace", replacement: "▁", prepend_scheme, split: true };
}

function sequence(normalizers: readonly TokenizerNode[]): TokenizerNode {
  return { type: "Sequence", normalizers };
}

function replace(regex: string, content: string): TokenizerNode {
  return { type: "Replace", pattern: { Regex: regex }, content };
}

function replaceText(text: string, content: string): TokenizerNode {
  return { type: "Replace", pattern: { String: text }, content };
}

const xlmRoberta: TokenizerClass = {
  files: ["sentencepiece.bpe.model"],
  names: angleNames,
  build: (source) =>
    xlmRobertaParts(
      sentencePieces(source, "sentencepiece.bpe.model"),
      {
        start: source.name("bos_token"),
        pad: source.name("pad_token"),
        end: source.name("eos_token"),
        unknown: source.name("unk_token"),
        mask: source.name("mask_token"),
      },
      source.options.add_prefix_space ?? true,
    ),
};

const albert: TokenizerClass = {
  files: ["spiece.model"],
  names: {
    ...bracketNames,
    bos_token: "[CLS]",
    eos_token: "[SEP]",
    unk_token: "<unk>",
    pad_token: "<pad>",
  },
  build: (source) =>
    albertParts(sentencePieces(source, "spiece.model"), bracketed(source), {
      lowercase: source.options.do_lower_case ?? true,
      keepAccents: source.options.keep_accents ?? false,
      prefixSpace: source.options.add_prefix_space ?? true,
    }),
};

const debertaV2: TokenizerClass = {
  files: ["spm.model"],
  names: { bos_token: "[CLS]", eos_token: "[SEP]", ...bracketNames },
  build: (source) =>
    debertaV2Parts(sentencePieces(source, "spm.model"), bracketed(source), {
      lowercase: source.options.do_lower_case ?? false,
      splitPunctuation: source.options.split_by_punct ?? false,
      prefixSpace: source.options.add_prefix_space ?? true,
    }),
};

const siglip: TokenizerClass = {
  files: ["spiece.model"],
  names: { eos_token: "</s>", unk_token: "<unk>", pad_token: "</s>" },
  strips: true,
  build: (source) =>
    siglipParts(
      sentencePieces(source, "spiece.model"),
      { unknown: source.name("unk_token"), start: undefined, end: source.name("eos_token") },
      source.options.do_lower_case ?? true,
    ),
};

function sentencePieces({ contents: [model], folder }: TokenizerSource, file: string) {
  return readSentencePieceModel(model!, `${folder}/${file}`);
}

function bracketed({ name }: TokenizerSource) {
  return { unknown: name("unk_token"), start: name("cls_token"), end: name("sep_token") };
}

/** The classes of SentencePiece models, by their names in transformers. */
export const sentencePieceClasses: Readonly<Record<string, TokenizerClass>> = {
  AlbertTokenizer: albert,
  DebertaV2Tokenizer: debertaV2,
  SiglipTokenizer: siglip,
  XLMRobertaTokenizer: xlmRoberta,
};
