import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { BifocalError } from "../../core/errors.ts";
import { readTokenizer } from "./read-tokenizer.ts";
import { loadTokenizer } from "./tokenizer.ts";
import { wordPieceTokenizerJson } from "./wordpiece-json.ts";
import { wordPieceSpecials } from "./wordpiece-vocabulary.ts";

const words = ["dog", "cat", "##s", "Dog", "e", "é"];
const vocabulary = `${[...wordPieceSpecials, ...words].join("\n")}\n`;
const fast = wordPieceTokenizerJson([...wordPieceSpecials, ...words]);
const letters = { "<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, d: 4, o: 5, g: 6, do: 7, "<mask>": 8 };
const ofClass = (name: string, more: object = {}) => JSON.stringify({ tokenizer_class: name, ...more });

async function inFolder<T>(files: Readonly<Record<string, string>>, use: (path: string) => Promise<T>) {
  const path = mkdtempSync(join(tmpdir(), "bifocal-tokenizer-"));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content);
    return await use(path);
  } finally {
    rmSync(path, { recursive: true });
  }
}

const load = (files: Readonly<Record<string, string>>) =>
  inFolder(files, async (path) => loadTokenizer(await readTokenizer(path)));

async function tokens(files: Readonly<Record<string, string>>, text: string): Promise<string> {
  const tokenizer = await load(files);
  const { ids, keep } = await tokenizer.encode([text], { length: 16, tooLong: "error" });
  return Array.from(ids.subarray(0, keep.indexOf(0)), (id) => tokenizer.token(id)).join(" ");
}

test("a tokenizer.json is used as it is, without asking for the class", async () => {
  const files = { "tokenizer.json": fast, "tokenizer_config.json": ofClass("SomeNewTokenizer") };
  assert.equal(await tokens(files, "Dogs"), "[CLS] dog ##s [SEP]");
});

test("BERT's options in tokenizer_config.json overrule its tokenizer.json", async () => {
  const files = {
    "tokenizer.json": fast,
    "tokenizer_config.json": ofClass("BertTokenizerFast", { do_lower_case: false }),
  };
  assert.equal(await tokens(files, "Dogs é"), "[CLS] Dog ##s é [SEP]");
});

test("the folder names the padding token and adds what the vocabulary lacks", async () => {
  const tokenizer = await load({
    "tokenizer.json": fast,
    "tokenizer_config.json": ofClass("BertTokenizer", { pad_token: "[SEP]", bos_token: "<go>" }),
  });
  assert.equal(tokenizer.special.pad, tokenizer.special.end);
  assert.equal(tokenizer.token(wordPieceSpecials.length + words.length), "<go>");
});

test("one tokenizer_class or model_type decides, unless the class is one for any file", async () => {
  const files = { "vocab.txt": vocabulary, "config.json": JSON.stringify({ model_type: "electra" }) };
  assert.equal(await tokens(files, "cats"), "[CLS] cat ##s [SEP]");
  const any = { ...files, "tokenizer_config.json": ofClass("PreTrainedTokenizerFast") };
  assert.equal(await tokens(any, "cats"), "[CLS] cat ##s [SEP]");
  const cased = { ...files, "tokenizer_config.json": ofClass("BertTokenizer", { do_lower_case: false }) };
  assert.equal(await tokens(cased, "Dog é"), "[CLS] Dog é [SEP]");
});

test("start and end are what stands around a text; a text may hold specials, which are no words", async () => {
  const roberta = { "vocab.json": JSON.stringify(letters), "merges.txt": "#version: 0.2\nd o\n" };
  const tokenizer = await load({ ...roberta, "config.json": JSON.stringify({ model_type: "roberta" }) });
  assert.deepEqual(tokenizer.special, { pad: 1, unknown: 3, start: 0, end: 2, mask: 8 });
  const { ids, words } = await tokenizer.encode(["dog<mask>dog"], { length: 8, tooLong: "error" });
  assert.deepEqual([...ids], [0, 7, 6, 8, 7, 6, 2, 1]);
  assert.deepEqual([...words], [-1, 0, 0, -1, 1, 1, -1, -1]);
});

test("a tokenizer that leaves blanks to its vocabulary has a word for each", async () => {
  const unsplit = JSON.stringify({
    version: "1.0",
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: false },
    post_processor: null,
    decoder: null,
    model: {
      type: "Unigram",
      unk_id: 1,
      vocab: ["<pad>", "<unk>", "▁do", "g", "▁", "s"].map((t) => [t, -2]),
    },
  });
  const tokenizer = await load({ "tokenizer.json": unsplit });
  const { words } = await tokenizer.encode(["dog dogs s"], { length: 9, tooLong: "error" });
  assert.deepEqual([...words], [0, 0, 1, 1, 1, 2, 2, -1, -1]);
  assert.deepEqual(tokenizer.special, {
    pad: 0,
    unknown: 1,
    start: undefined,
    end: undefined,
    mask: undefined,
  });
});

test("what is not as it should be is a sentence that names the file", async () => {
  const bert = { "tokenizer_config.json": ofClass("BertTokenizer") };
  const roberta = { "tokenizer_config.json": ofClass("RobertaTokenizer") };
  const vocab = JSON.stringify(letters);
  const wrong: [Readonly<Record<string, string>>, RegExp][] = [
    [{}, /got neither tokenizer_class nor model_type/],
    [
      { "tokenizer_config.json": ofClass("JukeboxTokenizer") },
      /one of .*AlbertTokenizer.* got JukeboxTokenizer/,
    ],
    [bert, /tokenizer.json or vocab.txt, got no vocab.txt/],
    [{ ...bert, "vocab.txt": "" }, /vocab.txt: .*\[UNK\] among them, got 0 lines/],
    [{ "tokenizer.json": fast.slice(0, 900) }, /tokenizer.json: expected JSON/],
    [{ "tokenizer.json": "[]" }, /tokenizer.json: expected a tokenizer/],
    [{ "tokenizer.json": fast.replaceAll("WordPiece", "Nonsense") }, /tokenizer.json: expected a tokenizer/],
    [{ "tokenizer_config.json": '{"do_lower_case": "yes"}' }, /tokenizer_config.json: .*do_lower_case/],
    [{ ...roberta, "vocab.json": vocab, "merges.txt": "d o g\n" }, /merges.txt: .*"d o g" on line 1/],
    [{ ...roberta, "vocab.json": vocab, "merges.txt": "d o\no g\n" }, /merges.txt: .*"og" on line 2/],
    [{ ...roberta, "vocab.json": '{"a": "b"}', "merges.txt": "" }, /vocab.json: expected an object/],
    [
      { ...bert, "vocab.txt": vocabulary, "added_tokens.json": '{"<new>": 12}' },
      /"<new>" to be token 12, .* got token 11/,
    ],
    [
      { "vocab.txt": vocabulary, "tokenizer_config.json": ofClass("BertTokenizer", { mask_token: "dog" }) },
      /a mask token with "mask" in its name, .* got "dog"/,
    ],
    [
      { ...bert, "vocab.txt": vocabulary, "config.json": '{"vocab_size": 10}' },
      /at most 10 tokens, the vocab_size of config.json, got 11/,
    ],
  ];
  for (const [files, message] of wrong) {
    await inFolder(files, (path) =>
      assert.rejects(
        readTokenizer(path),
        (error) =>
          error instanceof BifocalError && message.test(error.message) && error.message.includes(path),
        String(message),
      ),
    );
  }
});
