/** Batches of both tasks from a data set of plain pictures. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { allocate } from "../core/dtype.ts";
import { sizeOf } from "../core/shape.ts";
import type { BatchArrays } from "../data/loader.ts";
import { maskLimit } from "../data/masking.ts";
import { loadTokenizer } from "../data/tokenizers/tokenizer.ts";
import { wordPieceTokenizerJson } from "../data/tokenizers/wordpiece-json.ts";
import { wordPieceSpecials } from "../data/tokenizers/wordpiece-vocabulary.ts";
import type { PictureDataset } from "../datasets/contracts.ts";
import { batchPlan, type TaskConfig } from "./index.ts";

const words = ["red", "green", "blue", "dot", "line", "near", "of", "a", "what", "is"];
const tokenizer = loadTokenizer(wordPieceTokenizerJson([...wordPieceSpecials, ...words]));
const answers = ["red", "green", "blue"];

const dataset: PictureDataset = {
  answers,
  splits: { train: 9, val: 4 },
  image: (_, index, imageSize, augment) =>
    new Uint8Array(imageSize ** 2 * 3).fill(augment === undefined ? index : 100 + (augment & 63)),
  captions: (_, index) => [`a ${answers[index % 3]} dot near a line of a blue dot`, "a red line"],
  questions: (_, index, n) =>
    Array.from({ length: n }, (_, i) => ({
      question: `what is ${words[i]}`,
      answer: answers[(index + i) % 3]!,
      kind: "colour",
    })),
};

const sizes = { batch: 2, imageSize: 4, textLength: 13, vocab: tokenizer.vocab, answers: 3 };

async function fill(task: TaskConfig, selection: { key: number; training: boolean }): Promise<BatchArrays> {
  const plan = batchPlan(task, sizes);
  const arrays = Object.fromEntries(
    Object.entries(plan.types).map(([name, { dtype, shape }]) => [
      name,
      allocate(dtype, sizeOf(shape)).fill(77),
    ]),
  );
  await plan.fill({ dataset, tokenizer }, { split: "train", indices: [5, 1], ...selection }, arrays);
  return arrays;
}

const pretrain: TaskConfig = { kind: "pretrain", mlm: { weight: 1, rate: 0.3, wholeWord: true } };

test("masked captions: labels are what stood there, all else stays, empty places weigh nothing", async () => {
  const limit = maskLimit(sizes.textLength, 0.3);
  for (let key = 0; key < 40; key++) {
    const { ids, maskedIds, positions, labels, weights } = await fill(pretrain, { key, training: true });
    const changeable = new Set<number>();
    let filled = 0;
    for (let place = 0; place < 2 * limit; place++) {
      if (weights![place] === 0) {
        assert.deepEqual([positions![place], labels![place]], [0, 0]);
        continue;
      }
      assert.equal(weights![place], 1);
      filled++;
      const position = positions![place]!;
      assert.equal(Math.floor(position / sizes.textLength), Math.floor(place / limit));
      assert.equal(labels![place], ids![position]);
      assert.ok(!changeable.has(position));
      changeable.add(position);
    }
    assert.ok(filled >= 2);
    for (const [position, id] of ids!.entries())
      if (!changeable.has(position)) assert.equal(maskedIds![position], id);
    // 77 is no id: every array was written in full.
    for (const array of [ids!, maskedIds!, labels!]) assert.ok(!array.includes(77));
  }
});

test("the same key gives the same batch, another key another one", async () => {
  const first = await fill(pretrain, { key: 1, training: true });
  assert.deepEqual(await fill(pretrain, { key: 1, training: true }), first);
  const other = await fill(pretrain, { key: 2, training: true });
  assert.notDeepEqual(other.image, first.image);
  assert.notDeepEqual(other.maskedIds, first.maskedIds);
});

test("in training captions are drawn and pictures vary; else the first caption and the picture as it is", async () => {
  const kept = (keep: ArrayLike<number>, row: number) =>
    Array.from(keep)
      .slice(row * 13, (row + 1) * 13)
      .reduce((a, b) => a + b);
  const lengths = new Set<number>();
  for (let key = 0; key < 20; key++) {
    const { keep, image } = await fill(pretrain, { key, training: true });
    lengths.add(kept(keep!, 0));
    assert.ok(image!.every((value) => value >= 100));
  }
  assert.deepEqual(lengths, new Set([12, 5]));
  const plain = await fill(pretrain, { key: 3, training: false });
  assert.equal(kept(plain.keep!, 0), 12);
  assert.deepEqual([plain.image![0], plain.image![47], plain.image![48], plain.image![95]], [5, 5, 1, 1]);
});

test("questions lie picture by picture, answers are classes", async () => {
  const {
    image,
    ids,
    keep,
    answers: classes,
  } = await fill({ kind: "vqa", questionsPerImage: 3 }, { key: 1, training: false });
  assert.deepEqual([...classes!], [2, 0, 1, 1, 2, 0]);
  assert.deepEqual([image!.length, image![47], image![48]], [96, 5, 1]);
  assert.equal(ids!.length, 6 * 13);
  const spelled = Array.from(ids!.subarray(4 * 13, 4 * 13 + 5), (id) => tokenizer.token(id));
  assert.deepEqual(spelled, ["[CLS]", "what", "is", "green", "[SEP]"]);
  assert.deepEqual([...keep!.subarray(13, 13 + 6)], [1, 1, 1, 1, 1, 0]);
});
