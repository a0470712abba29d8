import assert from "node:assert/strict";
import { test } from "node:test";
import { type Asked, accuracyByKind, majorityBaseline, questionOnlyBaseline } from "./vqa-baselines.ts";

const asked = (question: string, answer: string, kind: string): Asked => ({ question, answer, kind });

const training = [
  asked("color?", "red", "color"),
  asked("color?", "blue", "color"),
  asked("color?", "blue", "color"),
  asked("shade?", "red", "color"),
  asked("shade?", "red", "color"),
  asked("there?", "yes", "exists"),
  asked("there?", "no", "exists"),
  asked("here?", "yes", "exists"),
  asked("here?", "yes", "exists"),
  asked("here?", "yes", "exists"),
];

test("question-only takes the question, else its kind, else everything", () => {
  const guess = questionOnlyBaseline(training);
  assert.equal(guess({ question: "color?", kind: "color" }), "blue");
  assert.equal(guess({ question: "hue?", kind: "color" }), "red");
  assert.equal(guess({ question: "there?", kind: "exists" }), "no"); // a tie: the first in order
  assert.equal(guess({ question: "why?", kind: "cause" }), "yes");
  assert.equal(majorityBaseline(training)(), "yes");
});

test("accuracy is counted over all and per kind", () => {
  const items = [asked("a", "1", "z"), asked("b", "2", "y"), asked("c", "3", "y"), asked("d", "4", "y")];
  const { overall, kinds } = accuracyByKind(items, ["1", "2", "3", "no"]);
  assert.deepEqual(overall, { accuracy: 0.75, total: 4 });
  assert.deepEqual(
    [...kinds],
    [
      ["y", { accuracy: 2 / 3, total: 3 }],
      ["z", { accuracy: 1, total: 1 }],
    ],
  );
});
