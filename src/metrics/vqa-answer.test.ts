import assert from "node:assert/strict";
import { test } from "node:test";
import { normalizeAnswer } from "./vqa-answer.ts";

const cases: [string, string][] = [
  ["The Dogs", "dogs"],
  ["none", "0"],
  ["dont", "don't"],
  ["youdve", "youdve"], // only one apostrophe is put back
  ["youd've", "you'd've"],
  ["somebody'd", "somebodyd"],
  ["t-shirt", "t shirt"],
  ["t -shirt", "t shirt"],
  ["black/white", "black white"],
  ["1,000 a-b", "1000 ab"], // a comma between digits removes every mark
  ["10:30 a.m.", "10:30 am"],
  ["3.5", "3.5"],
  ["b\u00A0c", "b c"],
  [".".repeat(40), "........"],
];

test("answers lose what the official evaluation takes", () => {
  assert.deepEqual(
    cases.map(([text]) => normalizeAnswer(text)),
    cases.map(([, expected]) => expected),
  );
});
