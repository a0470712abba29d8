import { fail } from "../../core/errors.ts";
import { bytePairClasses } from "./byte-pair-json.ts";
import { sentencePieceClasses } from "./sentence-piece-json.ts";
import { bracketNames, type TokenizerClass } from "./tokenizer-class.ts";
import { wordPieceParts } from "./wordpiece-json.ts";

const wordPiece: TokenizerClass = {
  files: ["vocab.txt"],
  names: bracketNames,
  bertNormalizer: true,
  build: ({ folder, contents: [vocabulary], options, name }) => {
    const names = { unknown: name("unk_token"), start: name("cls_token"), end: name("sep_token") };
    const ids = readVocabulary(vocabulary!.toString());
    if (!ids.has(names.unknown)) {
      fail("data", `${folder}/vocab.txt`, {
        expected: `one token on each line, ${names.unknown} among them`,
        got: `${ids.size} lines without it`,
      });
    }
    return wordPieceParts(ids, names, {
      lowercase: options.do_lower_case ?? true,
      stripAccents: options.strip_accents ?? null,
      chineseCharacters: options.tokenize_chinese_chars ?? true,
    });
  },
};

/** One token a line; of two equal ones the later counts, as in transformers. */
function readVocabulary(text: string): Map<string, number> {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return new Map(lines.map((line, id) => [line.replace(/\p{White_Space}+$/u, ""), id]));
}

/** The classes that are built from their own files, by the name in `tokenizer_config.json`, without "Fast". */
export const tokenizerClasses: Readonly<Record<string, TokenizerClass>> = {
  ...bytePairClasses,
  ...sentencePieceClasses,
  BertTokenizer: wordPiece,
  DistilBertTokenizer: wordPiece,
  ElectraTokenizer: wordPiece,
};

/** The class of a folder: the first that its files name, or the one called like its `model_type`. */
export function findTokenizerClass(
  names: readonly string[],
  modelType: string | undefined,
): TokenizerClass | undefined {
  const name = names.find((candidate) => Object.hasOwn(tokenizerClasses, candidate));
  if (name !== undefined) return tokenizerClasses[name];
  const model = modelType?.replace(/_text_model$/, "").replace(/[-_]/g, "");
  const alike = Object.entries(tokenizerClasses).find(([key]) => key.toLowerCase() === `${model}tokenizer`);
  return alike?.[1];
}
