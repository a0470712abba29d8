import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { BifocalError } from "../../core/errors.ts";
import { trainingText } from "../../datasets/emoji-world/training-text.ts";
import { loadTokenizer } from "./tokenizer.ts";
import { wordPieceTokenizerJson } from "./wordpiece-json.ts";
import { trainWordPiece, wordPieceSpecials } from "./wordpiece-vocabulary.ts";

const texts = ["low lower lowest", "new newer newest", "low new", "wide wider"];
const small = wordPieceTokenizerJson(trainWordPiece(texts, { vocab: 40 }));

test("training depends on the texts alone and starts with the specials", () => {
  const vocabulary = trainWordPiece(texts, { vocab: 40 });
  assert.deepEqual(trainWordPiece([...texts].reverse(), { vocab: 40 }), vocabulary);
  assert.deepEqual(vocabulary.slice(0, 5), wordPieceSpecials);
  assert.ok(vocabulary.length <= 40);
  assert.equal(new Set(vocabulary).size, vocabulary.length);
  assert.ok(["low", "new", "wide"].every((word) => vocabulary.includes(word)));
  assert.throws(() => trainWordPiece(texts, { vocab: 8 }), BifocalError);
});

test("a tight vocabulary is full and has pieces for every word", async () => {
  const vocabulary = trainWordPiece(texts, { vocab: 20 });
  assert.equal(vocabulary.length, 20);
  const tokenizer = loadTokenizer(wordPieceTokenizerJson(vocabulary));
  const { ids, words } = await tokenizer.encode(["lowest wider"], { length: 16, tooLong: "error" });
  assert.ok(!ids.includes(tokenizer.special.unknown!));
  assert.equal(await tokenizer.decode(ids), "lowest wider");
  assert.ok(words.filter((word) => word === 0).length > 1, "no word was split: the test is void");
});

test("Emoji World's words are whole", async () => {
  const vocabulary = trainWordPiece(trainingText(1000, 0, 32), { vocab: 256 });
  const pieces = new Set(vocabulary);
  const words = new Set([...trainingText(1200, 5, 32)].flatMap((text) => text.match(/\w+|[,?]/g)!));
  const split = [...words].filter((word) => !pieces.has(word));
  assert.deepEqual(split, []);
  const tokenizer = loadTokenizer(wordPieceTokenizerJson(vocabulary));
  const captions = [...trainingText(300, 9, 32)];
  const { ids } = await tokenizer.encode(captions, { length: 32, tooLong: "error" });
  for (const [i, caption] of captions.entries()) {
    assert.equal(await tokenizer.decode(ids.subarray(i * 32, i * 32 + 32)), caption);
  }
});

test("ids, keep and words of a padded batch", async () => {
  const tokenizer = loadTokenizer(small);
  const id = (token: string) =>
    Array.from({ length: tokenizer.vocab }, (_, i) => i).find((i) => tokenizer.token(i) === token)!;
  assert.deepEqual(tokenizer.special, { pad: 0, unknown: 1, start: 2, end: 3, mask: 4 });
  const batch = await tokenizer.encode(["New low!", ""], { length: 7, tooLong: "error" });
  assert.deepEqual([...batch.ids], [2, id("new"), id("low"), 1, 3, 0, 0, 2, 3, 0, 0, 0, 0, 0]);
  assert.deepEqual([...batch.keep], [1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0]);
  assert.deepEqual([...batch.words], [-1, 0, 1, 2, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1]);
});

test("a long text is an error or is cut before its end token", async () => {
  const tokenizer = loadTokenizer(small);
  const whole = await tokenizer.encode(["low new wide low"], { length: 6, tooLong: "error" });
  await assert.rejects(
    tokenizer.encode(["low", "low new wide low"], { length: 5, tooLong: "error" }),
    (error) => error instanceof BifocalError && /"low new wide low".*at most 5.*got 6/.test(error.message),
  );
  const cut = await tokenizer.encode(["low", "low new wide low"], { length: 5, tooLong: "truncate" });
  assert.deepEqual([...cut.ids.subarray(5)], [...whole.ids.subarray(0, 4), tokenizer.special.end]);
  assert.deepEqual([...cut.words.subarray(5)], [-1, 0, 1, 2, -1]);
  await assert.rejects(tokenizer.encode(["low"], { length: 2, tooLong: "truncate" }), BifocalError);
});

test("two texts are one with segments; the longer one is cut first", async () => {
  const tokenizer = loadTokenizer(small);
  const pair = ["low new wide low", "new low"] as const;
  const whole = await tokenizer.encode([pair], { length: 10, tooLong: "error" });
  const { start, end } = tokenizer.special;
  const [low, fresh, wide] = whole.ids.subarray(1, 4);
  assert.deepEqual([...whole.ids.subarray(0, 9)], [start, low, fresh, wide, low, end, fresh, low, end]);
  assert.deepEqual([...whole.segments], [0, 0, 0, 0, 0, 0, 1, 1, 1, 0]);
  const cut = await tokenizer.encode([pair], { length: 7, tooLong: "truncate" });
  assert.deepEqual([...cut.ids], [start, low, fresh, end, fresh, low, end]);
  const odd = await tokenizer.encode([[pair[1], pair[0]]], { length: 8, tooLong: "truncate" });
  assert.deepEqual([...odd.ids], [start, fresh, low, end, low, fresh, wide, end]);
  const long = { length: 8, tooLong: "error" } as const;
  await assert.rejects(
    tokenizer.encode([pair], long),
    /text "low new wide low \/ new low".*at most 8.*got 9/,
  );
});

/** A byte-level BPE in RoBERTa's form; "Ġ" is a space, which belongs to the word behind it. */
function bytePairJson(): string {
  const characters = [..."catsdogĠ"].filter((character, i, all) => all.indexOf(character) === i);
  const merges = ["c a", "ca t", "Ġ cat", "d o", "do g", "Ġ dog"];
  const tokens = ["<s>", "<pad>", "</s>", "<unk>", ...characters, ...merges.map((m) => m.replace(" ", ""))];
  const vocab = Object.fromEntries([...tokens, "<mask>"].map((token, i) => [token, i]));
  const special = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  return JSON.stringify({
    version: "1.0",
    added_tokens: ["<s>", "<pad>", "</s>", "<unk>", "<mask>"].map((content) => ({
      id: vocab[content],
      content,
      ...special,
    })),
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: {
      type: "RobertaProcessing",
      sep: ["</s>", vocab["</s>"]],
      cls: ["<s>", vocab["<s>"]],
      trim_offsets: true,
      add_prefix_space: false,
    },
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: { type: "BPE", unk_token: null, vocab, merges: merges.map((merge) => merge.split(" ")) },
  });
}

test("byte-level BPE gives word ids too", async () => {
  const tokenizer = loadTokenizer(bytePairJson());
  const { ids, keep, words } = await tokenizer.encode(["cats dogs"], { length: 8, tooLong: "error" });
  const tokens = Array.from(ids, (id) => tokenizer.token(id));
  assert.deepEqual(tokens, ["<s>", "cat", "s", "Ġdog", "s", "</s>", "<pad>", "<pad>"]);
  assert.deepEqual([...words], [-1, 0, 0, 1, 1, -1, -1, -1]);
  assert.deepEqual([...keep], [1, 1, 1, 1, 1, 1, 0, 0]);
  assert.equal(await tokenizer.decode(ids), "cats dogs");
  const cut = await tokenizer.encode(["cats dogs"], { length: 5, tooLong: "truncate" });
  assert.deepEqual([...cut.words], [-1, 0, 0, 1, -1]);
});

test("what is no tokenizer, or cannot pad, is an error", () => {
  assert.throws(() => loadTokenizer("{}"), BifocalError);
  assert.throws(() => loadTokenizer(small.replaceAll("[PAD]", "[FOO]")), /padding token/);
});

test("a worker thread encodes alike", async () => {
  const code = `
    const { parentPort, workerData } = require("node:worker_threads");
    import(workerData.module)
      .then(({ loadTokenizer }) => loadTokenizer(workerData.json).encode(["low new"], { length: 6, tooLong: "error" }))
      .then((batch) => parentPort.postMessage(batch));`;
  const module = new URL("./tokenizer.js", import.meta.url).href;
  const worker = new Worker(code, { eval: true, workerData: { module, json: small } });
  const theirs = await new Promise((resolve, reject) => {
    worker.once("message", resolve).once("error", reject);
  });
  await worker.terminate();
  const ours = await loadTokenizer(small).encode(["low new"], { length: 6, tooLong: "error" });
  assert.deepEqual(theirs, ours);
});
