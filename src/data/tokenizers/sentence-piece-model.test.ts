import assert from "node:assert/strict";
import { test } from "node:test";
import { BifocalError } from "../../core/errors.ts";
import { rng } from "../../core/rng.ts";
import { readSentencePieceModel } from "./sentence-piece-model.ts";

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
const bytes = (field: number, content: readonly number[] | Buffer) => [
  ...varint(field * 8 + 2),
  ...varint(content.length),
  ...content,
];
const number = (field: number, value: number) => [...varint(field * 8), ...varint(value)];
const score = (value: number) => {
  const buffer = Buffer.alloc(4);
  buffer.writeFloatLE(value);
  return [2 * 8 + 5, ...buffer];
};
const piece = (text: string, value: number, kind?: number) =>
  bytes(1, [...bytes(1, Buffer.from(text)), ...score(value), ...(kind === undefined ? [] : number(3, kind))]);
const pieces = [
  ...piece("<unk>", 0, 2),
  ...piece("<s>", 0, 3),
  ...piece("▁dog", -1.5),
  ...piece("猫", -2.25),
];
const read = (content: readonly number[]) => readSentencePieceModel(Buffer.from(content), "spiece.model");

test("pieces, kind and unknown piece of a model", () => {
  const other = [...bytes(9, Buffer.from("later version")), ...number(10, 300)];
  const model = read([
    ...pieces,
    ...bytes(2, [...number(3, 2), ...number(40, 3), ...number(35, 1)]),
    ...other,
  ]);
  assert.deepEqual(model.pieces, [
    { text: "<unk>", score: 0, kind: "unknown" },
    { text: "<s>", score: 0, kind: "control" },
    { text: "▁dog", score: -1.5, kind: "normal" },
    { text: "猫", score: -2.25, kind: "normal" },
  ]);
  assert.deepEqual([model.kind, model.unknown, model.byteFallback], ["bpe", 3, true]);
  assert.deepEqual([read(pieces).kind, read(pieces).unknown], ["unigram", 0]);
});

test("what is no model is a sentence", () => {
  const wrong: [readonly number[], RegExp][] = [
    [[], /no pieces/],
    [pieces.slice(0, -1), /longer than the file/],
    [[1 * 8 + 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], /longer than the file/],
    [[1 * 8 + 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], /longer than the file/],
    [[0xff, 0xff], /ends too early/],
    [Array<number>(12).fill(0xff), /more than ten bytes/],
    [[...pieces, 3], /field without a number/],
    [[...pieces, 8 * 8 + 3], /unknown kind 3/],
    [[...pieces, ...number(1, 7)], /a number where a text/],
    [[...pieces, ...bytes(2, number(3, 4))], /got a third kind/],
    [[...pieces, ...bytes(2, number(40, 4))], /unknown piece 4 of 4/],
    [piece("a", 0, 9), /"a" of no known kind/],
    [piece("a", Number.NaN), /score NaN/],
    [bytes(1, bytes(1, [0xc3])), /no UTF-8/],
    [[...pieces, ...bytes(3, bytes(2, [0, 4, 0]))], /cut short/],
    [[...pieces, ...bytes(3, bytes(2, [0, 4, 0, 0, ...Array<number>(1024).fill(0x7f), 0]))], /outside/],
  ];
  for (const [content, message] of wrong) {
    assert.throws(
      () => read(content),
      (error) => error instanceof BifocalError && message.test(error.message),
      String(message),
    );
  }
});

test("a damaged model is read or refused, never anything else", () => {
  const whole = [...pieces, ...bytes(2, [...number(3, 1), ...number(40, 0)])];
  const random = rng(5, "fuzz");
  let refused = 0;
  for (let round = 0; round < 3000; round++) {
    const damaged = whole.slice(0, random.integer(2) === 0 ? whole.length : random.integer(whole.length));
    for (let i = 0; i < 1 + random.integer(3) && damaged.length > 0; i++) {
      damaged[random.integer(damaged.length)] = random.integer(256);
    }
    try {
      assert.ok(read(damaged).pieces.length > 0);
    } catch (error) {
      assert.ok(error instanceof BifocalError, String(error));
      refused++;
    }
  }
  assert.ok(refused > 1000 && refused < 3000, String(refused));
});
