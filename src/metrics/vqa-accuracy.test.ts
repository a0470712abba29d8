import assert from "node:assert/strict";
import { test } from "node:test";
import { BifocalError } from "../core/index.ts";
import { answerAccuracy, vqaAccuracy } from "./vqa-accuracy.ts";

const said = (...counts: [string, number][]) =>
  counts.flatMap(([answer, count]) => Array<string>(count).fill(answer));

test("marks are those counted by hand over the ten ways to leave one annotator out", () => {
  // Two of ten: left out is one of them (2 ways, 1 match) or another (8 ways, 2 matches): (2/3 + 16/3) / 10.
  assert.ok(Math.abs(answerAccuracy("red", said(["red", 2], ["blue", 8])) - 0.6) < 1e-12);
  assert.ok(Math.abs(answerAccuracy("red", said(["red", 3], ["blue", 7])) - 0.9) < 1e-12);
  assert.equal(answerAccuracy("red", said(["red", 4], ["blue", 6])), 1);
  assert.equal(answerAccuracy("green", said(["red", 4], ["blue", 6])), 0);
  assert.equal(answerAccuracy("red", ["red", "blue"]), (0 + 1 / 3) / 2);
});

test("answers are normalized only where the annotators differ", () => {
  assert.equal(answerAccuracy("two", said(["2", 9], ["3", 1])), 1);
  assert.equal(answerAccuracy("two", said(["2", 10])), 0);
  assert.equal(answerAccuracy(" two\n", said(["two", 10])), 1);
});

test("groups are means of their own questions", () => {
  const question = { answers: said(["yes", 10]), questionType: "is", answerType: "yes/no" };
  const counting = { ...question, questionType: "how many", answerType: "number" };
  const scores = vqaAccuracy([
    { ...question, prediction: "yes" },
    { ...question, prediction: "no" },
    { ...counting, prediction: "yes" },
  ]);
  assert.deepEqual(scores, {
    accuracy: 2 / 3,
    perAnswerType: { number: 1, "yes/no": 0.5 },
    perQuestionType: { "how many": 1, is: 0.5 },
    n: 3,
  });
  assert.throws(() => vqaAccuracy([]), BifocalError);
  assert.throws(() => answerAccuracy("yes", []), BifocalError);
});
