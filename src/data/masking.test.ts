import assert from "node:assert/strict";
import { test } from "node:test";
import { rng } from "../core/rng.ts";
import { type MaskingOptions, maskLimit, maskWords } from "./masking.ts";
import { loadTokenizer, type Tokenizer } from "./tokenizers/tokenizer.ts";
import { wordPieceTokenizerJson } from "./tokenizers/wordpiece-json.ts";
import { wordPieceSpecials } from "./tokenizers/wordpiece-vocabulary.ts";

const options: MaskingOptions = { rate: 0.15, wholeWord: false, mask: 4, vocab: 100_000 };

/** [CLS] 20 words [SEP] and two of padding: ids 100 to 119 at positions 1 to 20. */
const ids = Int32Array.from({ length: 24 }, (_, i) => (i === 0 ? 2 : i <= 20 ? 99 + i : i === 21 ? 3 : 0));
const words = Int32Array.from({ length: 24 }, (_, i) => (i >= 1 && i <= 20 ? i - 1 : -1));

test("15 % of the tokens are chosen, all alike often; 80 % become the mask, 10 % a random id, 10 % stay", () => {
  const draws = 4000;
  const chosen = new Array<number>(24).fill(0);
  const fates = { mask: 0, random: 0, same: 0 };
  for (let seed = 0; seed < draws; seed++) {
    const masked = maskWords(ids, words, options, rng(seed));
    assert.equal(masked.positions.length, 3);
    for (const [position, id] of masked.ids.entries()) {
      if (masked.positions.includes(position)) {
        chosen[position]!++;
        fates[id === options.mask ? "mask" : id === ids[position] ? "same" : "random"]++;
      } else assert.equal(id, ids[position]);
    }
  }
  const near = (count: number, of: number, p: number, what: string) =>
    assert.ok(
      Math.abs(count / of - p) < 5 * Math.sqrt((p * (1 - p)) / of),
      `${what}: ${count / of}, not ${p}`,
    );
  near(fates.mask, 3 * draws, 0.8, "masks");
  near(fates.random, 3 * draws, 0.1, "random ids");
  near(fates.same, 3 * draws, 0.1, "kept ids");
  for (const [position, count] of chosen.entries()) {
    if (words[position]! < 0) assert.equal(count, 0);
    else near(count, draws, 0.15, `position ${position}`);
  }
});

test("the same draw for the same key; the text itself is left alone; positions rise", () => {
  const before = ids.slice();
  const first = maskWords(ids, words, options, rng("a"));
  assert.deepEqual(maskWords(ids, words, options, rng("a")), first);
  assert.deepEqual(ids, before);
  for (let seed = 0; seed < 50; seed++) {
    const { positions } = maskWords(ids, words, options, rng(seed));
    assert.deepEqual(
      [...positions],
      [...positions].sort((a, b) => a - b),
    );
    assert.equal(new Set(positions).size, positions.length);
  }
});

test("a short text hides one token, an empty one none", () => {
  const short = maskWords(Int32Array.of(2, 50, 51, 3), Int32Array.of(-1, 0, 1, -1), options, rng(1));
  assert.equal(short.positions.length, 1);
  const empty = maskWords(Int32Array.of(2, 3, 0), Int32Array.of(-1, -1, -1), options, rng(1));
  assert.deepEqual(empty, { ids: Int32Array.of(2, 3, 0), positions: [] });
});

test("the limit of a text covers what any text of that length can hide", () => {
  for (const rate of [0.05, 0.15, 0.3, 0.5]) {
    for (let length = 3; length <= 40; length++) {
      const limit = maskLimit(length, rate);
      for (let tokens = 1; tokens <= length - 2; tokens++) {
        const row = Int32Array.from({ length }, (_, i) => (i >= 1 && i <= tokens ? i - 1 : -1));
        const { positions } = maskWords(row, row, { ...options, rate }, rng(length, tokens));
        assert.ok(positions.length >= 1 && positions.length <= limit, `${positions.length} of ${limit}`);
      }
    }
  }
});

/** Byte-level BPE in RoBERTa's form over the words "cats" and "dogs": cat s, Ġdog s. */
function bytePair(): Tokenizer {
  const merges = ["c a", "ca t", "Ġ cat", "d o", "do g", "Ġ dog"];
  const pieces = [...new Set("catsdogĠ"), ...merges.map((merge) => merge.replace(" ", ""))];
  const specials = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"];
  const vocab = Object.fromEntries([...specials, ...pieces].map((token, i) => [token, i]));
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  const bytes = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
  return loadTokenizer(
    JSON.stringify({
      version: "1.0",
      added_tokens: specials.map((content, id) => ({ id, content, ...flags })),
      normalizer: null,
      pre_tokenizer: bytes,
      post_processor: {
        type: "RobertaProcessing",
        sep: ["</s>", 2],
        cls: ["<s>", 0],
        trim_offsets: true,
        add_prefix_space: false,
      },
      decoder: bytes,
      model: { type: "BPE", unk_token: null, vocab, merges: merges.map((merge) => merge.split(" ")) },
    }),
  );
}

const wordPiece = () =>
  loadTokenizer(wordPieceTokenizerJson([...wordPieceSpecials, "cat", "dog", "##s", "##es"]));

for (const [name, open] of [
  ["WordPiece", wordPiece],
  ["byte-level BPE", bytePair],
] as const) {
  test(`${name}: words are hidden whole, specials never, within the budget`, async () => {
    const tokenizer = open();
    const text = "cats dogs cat dogs cats dog dogs cats dogs cats";
    const encoded = await tokenizer.encode([text], { length: 24, tooLong: "error" });
    const tokens = encoded.words.filter((word) => word >= 0).length;
    assert.equal(tokens, 18);
    const settings = { rate: 0.3, wholeWord: true, mask: tokenizer.special.mask!, vocab: tokenizer.vocab };
    const sizes = new Set<number>();
    for (let seed = 0; seed < 300; seed++) {
      const { positions } = maskWords(encoded.ids, encoded.words, settings, rng(seed));
      assert.ok(positions.length >= 1 && positions.length <= 5, `${positions.length} of a budget of 5`);
      const hidden = new Set(positions.map((position) => encoded.words[position]!));
      assert.ok(!hidden.has(-1));
      const whole = [...encoded.words.keys()].filter((position) => hidden.has(encoded.words[position]!));
      assert.deepEqual(positions, whole);
      sizes.add(positions.length);
    }
    assert.deepEqual([...sizes].sort(), [4, 5]);
  });
}

test("a word longer than the whole budget is passed over, so a text of such words hides nothing", () => {
  const long = { ...options, wholeWord: true };
  const whole = maskWords(Int32Array.of(2, 7, 8, 9, 3), Int32Array.of(-1, 0, 0, 0, -1), long, rng(1));
  assert.deepEqual(whole.positions, []);
  const mixed = maskWords(Int32Array.of(2, 7, 8, 9, 3), Int32Array.of(-1, 0, 0, 1, -1), long, rng(1));
  assert.deepEqual(mixed.positions, [3]);
});
