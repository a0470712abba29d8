/** Batches of all tasks from a data set of plain pictures. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { allocate } from "../core/dtype.ts";
import { sizeOf } from "../core/shape.ts";
import type { BatchArrays } from "../data/loader.ts";
import { maskLimit } from "../data/masking.ts";
import { loadTokenizer } from "../data/tokenizers/tokenizer.ts";
import { wordPieceTokenizerJson } from "../data/tokenizers/wordpiece-json.ts";
import { wordPieceSpecials } from "../data/tokenizers/wordpiece-vocabulary.ts";
import type { Picture, PictureDataset } from "../datasets/contracts.ts";
import { batchPlan, type TaskConfig } from "./index.ts";

const words = ["red", "green", "blue", "dot", "line", "near", "of", "a", "what", "is"];
const tokenizer = loadTokenizer(wordPieceTokenizerJson([...wordPieceSpecials, ...words]));
const answers = ["red", "green", "blue"];

const plain = (value: number): Picture => ({
  id: `${value}`,
  pixels: async (imageSize, augment) =>
    new Uint8Array(imageSize ** 2 * 3).fill(augment === undefined ? value : 100 + (augment & 63)),
});

const dataset: PictureDataset = {
  name: "plain",
  answers,
  splits: { train: 9, val: 4 },
  longTexts: "error",
  forms: {
    captions: async (_, index) => ({
      picture: plain(index),
      captions: [`a ${answers[index % 3]} dot near a line of a blue dot`, "a red line"],
    }),
    questions: async (_, index, n) => ({
      picture: plain(index),
      questions: Array.from({ length: n }, (_, i) => ({
        question: `what is ${words[i]}`,
        answer: answers[(index + i) % 3]!,
        kind: "colour",
      })),
    }),
    statements: async (_, index) => ({
      question: "a dot is near",
      answer: index % 2 === 0 ? "false" : "true",
      kind: "near",
      pictures: [10, 20].map((first) => plain(first + index)),
    }),
    hypotheses: async (_, index) => ({
      question: "a line is near a dot",
      answer: index === 5 ? "neutral" : "entailment",
      kind: "near",
      pictures: [plain(30 + index)],
    }),
    references: async (_, index) => ({
      expression: "red dot",
      kind: "colour",
      // Eight pixels wide and three high; boxes are in pixels across and in fractions down.
      whole: async () => ({
        data: Uint8Array.from({ length: 3 * 8 * 3 }, (_, i) => (Math.floor(i / 3) % 8 < 4 ? index : 200)),
        height: 3,
        width: 8,
        unit: [1, 3],
      }),
      boxes: [0, 4, 4, 0].slice(0, index === 5 ? 4 : 2).map((x) => ({ x, y: 0, width: 4, height: 1 })),
      target: index === 5 ? 3 : 1,
    }),
  },
};

const sizes = { batch: 2, imageSize: 4, patch: 2, textLength: 13, vocab: tokenizer.vocab, answers: 3 };

async function fill(task: TaskConfig, selection: { key: number; training: boolean }): Promise<BatchArrays> {
  const plan = batchPlan(task, sizes);
  const arrays = Object.fromEntries(
    Object.entries(plan.types).map(([name, { dtype, shape }]) => [
      name,
      allocate(dtype, sizeOf(shape)).fill(77),
    ]),
  );
  await plan.fill(
    { dataset, tokenizer },
    { split: "train", indices: [5, 1], first: 0, ...selection },
    arrays,
  );
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

test("statements come with all left pictures before all right ones, hypotheses with one; verdicts are classes", async () => {
  const two = await fill({ kind: "nlvr2" }, { key: 1, training: false });
  const firsts = (image: ArrayLike<number>) =>
    Array.from({ length: image.length / 48 }, (_, i) => image[48 * i]);
  assert.deepEqual(firsts(two.image!), [15, 11, 25, 21]);
  assert.deepEqual([...two.verdicts!], [1, 1]);
  const augmented = await fill({ kind: "nlvr2" }, { key: 1, training: true });
  assert.ok(new Set(firsts(augmented.image!)).size > 2, "pictures vary each by a key of its own");
  const one = await fill({ kind: "entailment" }, { key: 1, training: false });
  assert.deepEqual(firsts(one.image!), [35, 31]);
  assert.deepEqual([...one.verdicts!], [1, 2]);
});

test("boxes are cut out, the one meant among them; what is missing is marked", async () => {
  const { image, present, target, ids } = await fill(
    { kind: "referring", candidates: 3 },
    { key: 1, training: false },
  );
  assert.deepEqual([...present!], [1, 1, 1, 1, 1, 0]);
  assert.deepEqual([...target!], [2, 1]);
  // The left half of picture i is of value i, the right half 200.
  const values = Array.from({ length: 6 }, (_, box) => [...new Set(image!.slice(box * 48, (box + 1) * 48))]);
  assert.deepEqual(values, [[5], [200], [5], [1], [200], [0]]);
  assert.equal(ids!.length, 2 * 13);
});

test("a picture's own text comes first, then texts that are none of its own", async () => {
  const task = { kind: "retrieval", by: "rank", textsPerImage: 4 } as const;
  const { ids } = await fill(task, { key: 1, training: true });
  const colours = Array.from({ length: 8 }, (_, row) => tokenizer.token(ids![row * 13 + 2]!));
  const own = ["blue", "green"]; // of pictures 5 and 1, unless the second caption was drawn
  for (const [row, colour] of colours.entries()) {
    if (row % 4 === 0) assert.ok(colour === own[row / 4] || colour === "red");
    else assert.notEqual(colour, own[Math.floor(row / 4)]);
  }
  assert.deepEqual((await fill(task, { key: 1, training: true })).ids, ids);
  const alone = await fill({ kind: "retrieval", by: "contrast", width: 4 }, { key: 1, training: false });
  assert.equal(alone.ids!.length, 2 * 13);
});

test("captions are written token by token beside the empty text; places behind their end weigh nothing", async () => {
  const { ids, keep, inputs, labels, weights } = await fill(
    { kind: "captioning" },
    { key: 1, training: false },
  );
  const spell = (all: ArrayLike<number>, from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => tokenizer.token(all[from + i]!));
  assert.deepEqual(spell(ids!, 0, 4), ["[CLS]", "[SEP]", "[CLS]", "[SEP]"]);
  assert.deepEqual([...keep!], [1, 1, 1, 1]);
  const caption = "a blue dot near a line of a blue dot".split(" ");
  assert.deepEqual(spell(inputs!, 0, 12), ["[CLS]", ...caption, "[PAD]"]);
  assert.deepEqual(spell(labels!, 0, 12), [...caption, "[SEP]", "[PAD]"]);
  assert.deepEqual([...weights!.slice(0, 12)], [...new Array(11).fill(1), 0]);
  assert.deepEqual(spell(inputs!, 12, 15), ["[CLS]", "a", "green"]);
});
