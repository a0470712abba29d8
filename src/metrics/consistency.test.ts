import assert from "node:assert/strict";
import { test } from "node:test";
import { consistency, sentenceOf } from "./consistency.ts";

test("a sentence counts when it is right about all its pairs, in whatever order they come", () => {
  const marks = [
    ["dev-1-0-0", true],
    ["dev-1-0-1", false],
    ["dev-1-1-0", true],
    ["dev-2-0-0", false],
    ["dev-1-1-1", true],
    ["dev-3-0-0", true],
  ] as const;
  assert.equal(
    consistency(marks.map(([id, right]) => ({ sentence: id.replace(/-\d-/, "-"), right }))),
    2 / 4,
  );
});

test("a sentence is named by split, set and its own number", () => {
  assert.deepEqual(sentenceOf("test1-12-3-0"), { set: "test1-12", number: "0" });
  assert.deepEqual(sentenceOf("test1-12-1-1"), { set: "test1-12", number: "1" });
  assert.equal(sentenceOf("12-3-0"), undefined);
});
