/** What objectives add to batches of captions. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { allocate } from "../../core/dtype.ts";
import { sizeOf } from "../../core/shape.ts";
import type { BatchArrays } from "../../data/loader.ts";
import { loadTokenizer } from "../../data/tokenizers/tokenizer.ts";
import { wordPieceTokenizerJson } from "../../data/tokenizers/wordpiece-json.ts";
import { wordPieceSpecials } from "../../data/tokenizers/wordpiece-vocabulary.ts";
import type { PictureDataset } from "../../datasets/contracts.ts";
import { pretrainBatch } from "./batch.ts";
import type { PretrainConfig } from "./config.ts";

/** B pictures of N = (24 / 4)^2 patches. */
const [B, N] = [3, 36];
const tokenizer = loadTokenizer(wordPieceTokenizerJson([...wordPieceSpecials, "red", "dot"]));
const sizes = { batch: B, imageSize: 24, patch: 4, textLength: 6, vocab: tokenizer.vocab, answers: 0 };
const dataset: PictureDataset = {
  name: "dots",
  answers: [],
  splits: { train: 9 },
  longTexts: "error",
  forms: {
    captions: async (_, index) => ({
      picture: { id: `${index}`, pixels: async () => new Uint8Array(24 * 24 * 3).fill(index) },
      captions: ["red dot"],
    }),
  },
};
const codebook = { width: 4, blocks: 1, codes: 7, gain: 1 };
const config: PretrainConfig = {
  mlm: { weight: 1, rate: 0.5, wholeWord: true },
  mpp: { weight: 1, rate: 0.4 },
  mimPixel: {
    weight: 1,
    decoder: { width: 4, depth: 1, heads: 1, hidden: 4, activation: "exact", dropout: 0, epsilon: 1e-6 },
  },
  mimInBatch: { weight: 1, rate: 0.25 },
  mimCodes: { weight: 1, rate: 0.5, codebook },
};

async function fill(key: number, c = config): Promise<BatchArrays> {
  const plan = pretrainBatch(c, sizes);
  const arrays = Object.fromEntries(
    Object.entries(plan.types).map(([name, { dtype, shape }]) => [
      name,
      allocate(dtype, sizeOf(shape)).fill(77),
    ]),
  );
  await plan.fill(
    { dataset, tokenizer },
    { split: "train", indices: [4, 0, 2], first: 0, key, training: true },
    arrays,
  );
  return arrays;
}

void test("pictures need no texts and texts no pictures, where objectives read one alone", async () => {
  const ofPictures: PretrainConfig = { mpp: { weight: 1, rate: 0.4, alone: true } };
  const ofTexts: PretrainConfig = { mlm: { weight: 1, rate: 0.5, wholeWord: true, alone: true } };
  const picture = { id: "0", pixels: async () => new Uint8Array(24 * 24 * 3).fill(9) };
  const forms = { pictures: async () => picture, texts: async () => "red dot dot" };
  const fillFrom = async (c: PretrainConfig, given: PictureDataset["forms"]) => {
    const plan = pretrainBatch(c, sizes);
    const arrays = Object.fromEntries(
      Object.entries(plan.types).map(([name, { dtype, shape }]) => [name, allocate(dtype, sizeOf(shape))]),
    );
    const selection = { split: "train", indices: [4, 0, 2], first: 0, key: 1, training: true };
    await plan.fill({ dataset: { ...dataset, forms: given }, tokenizer }, selection, arrays);
    return arrays;
  };
  const seen = await fillFrom(ofPictures, { pictures: forms.pictures });
  assert.deepEqual(
    [Object.keys(seen).sort(), seen.image![7]],
    [["chosenPatches", "hiddenPatches", "image"], 9],
  );
  const read = await fillFrom(ofTexts, { texts: forms.texts });
  assert.deepEqual(Object.keys(read).sort(), ["ids", "keep", "labels", "maskedIds", "positions", "weights"]);
  assert.deepEqual([...read.keep!.subarray(0, 6)], [1, 1, 1, 1, 1, 0]);
  const both = await fillFrom({ ...ofPictures, ...ofTexts }, forms);
  assert.deepEqual([both.image, both.ids], [seen.image, read.ids]);
  await assert.rejects(fillFrom(ofTexts, { pictures: forms.pictures }), /expected a data set with texts/);
  await assert.rejects(fillFrom(ofPictures, { texts: forms.texts }), /expected a data set with pictures/);
});

void test("so many patches of every picture are drawn, each once, others at every step", async () => {
  const [first, again, other] = [await fill(1), await fill(1), await fill(2)];
  assert.deepEqual(again, first);
  for (const [name, count] of [
    ["inBatchPlaces", 9],
    ["codePlaces", 18],
  ] as const) {
    const places = [...first[name]!];
    assert.equal(places.length, B * count);
    assert.equal(new Set(places).size, B * count);
    for (const [i, place] of places.entries()) assert.equal(Math.floor(place / N), Math.floor(i / count));
    assert.notDeepEqual(other[name], first[name]);
    const ofPicture = (b: number) => places.slice(b * count, (b + 1) * count).map((place) => place % N);
    assert.notDeepEqual(ofPicture(0), ofPicture(1));
  }
});

void test("about the share asked for is chosen, most of it hidden; noise lies in [0, 1)", async () => {
  let [chosen, hidden] = [0, 0];
  const noise = new Set<number>();
  for (let key = 0; key < 40; key++) {
    const batch = await fill(key);
    batch.chosenPatches!.forEach((is, i) => {
      chosen += is;
      hidden += batch.hiddenPatches![i]!;
      assert.ok(is === 1 || batch.hiddenPatches![i] === 0);
    });
    for (const value of batch.removalNoise!) {
      assert.ok(value >= 0 && value < 1);
      noise.add(value);
    }
  }
  const all = 40 * B * N;
  assert.ok(Math.abs(chosen / all - 0.4) < 0.03);
  assert.ok(Math.abs(hidden / chosen - 0.8) < 0.03);
  assert.ok(noise.size > 0.99 * all);
});

void test("an objective changes nothing of another's arrays", async () => {
  const alone = await fill(3, { mlm: config.mlm });
  const all = await fill(3);
  assert.deepEqual(Object.keys(alone).sort(), [
    "ids",
    "image",
    "keep",
    "labels",
    "maskedIds",
    "positions",
    "weights",
  ]);
  for (const [name, values] of Object.entries(alone)) assert.deepEqual(all[name], values, name);
});

void test("spans: sentinels are the last rows of the table, the decoder writes what they stand for", async () => {
  const [T, V] = [6, tokenizer.vocab + 3];
  const plan = pretrainBatch({ span: { weight: 1, rate: 0.5, length: 1 } }, { ...sizes, vocab: V });
  const { start, end, pad } = tokenizer.special;
  const [red, dot] = [5, 6];
  const seen = new Set<string>();
  for (let key = 0; key < 20; key++) {
    const arrays = Object.fromEntries(
      Object.entries(plan.types).map(([name, { dtype, shape }]) => [
        name,
        allocate(dtype, sizeOf(shape)).fill(77),
      ]),
    );
    await plan.fill(
      { dataset, tokenizer },
      { split: "train", indices: [4, 0, 2], first: 0, key, training: true },
      arrays,
    );
    const { ids, spanIds, spanKeep, spanInputs, spanLabels, spanWeights } = arrays;
    const U = spanInputs!.length / B;
    for (let row = 0; row < B; row++) {
      const hidden = spanLabels![row * U + 1]!;
      assert.ok([red, dot].includes(hidden));
      const rest = hidden === red ? [V - 1, dot] : [red, V - 1];
      assert.deepEqual([...spanIds!.slice(row * T, (row + 1) * T)], [start, ...rest, end, pad, pad]);
      assert.deepEqual([...spanKeep!.slice(row * T, (row + 1) * T)], [1, 1, 1, 1, 0, 0]);
      const written = [V - 1, hidden];
      const padding = new Array(U - 3).fill(pad);
      assert.deepEqual([...spanInputs!.slice(row * U, (row + 1) * U)], [start, ...written, ...padding]);
      assert.deepEqual([...spanLabels!.slice(row * U, (row + 1) * U)], [...written, end, ...padding]);
      assert.deepEqual(
        [...spanWeights!.slice(row * U, (row + 1) * U)],
        [1, 1, 1, ...new Array(U - 3).fill(0)],
      );
      assert.deepEqual([...ids!.slice(row * T, row * T + 4)], [start, red, dot, end]);
      seen.add(`${hidden}`);
    }
  }
  assert.equal(seen.size, 2);
});
