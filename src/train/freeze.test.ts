import assert from "node:assert/strict";
import { test } from "node:test";
import { frozenAt, isUnder, learnsFrom, thawedAt } from "./freeze.ts";

const freeze = [
  "model.text.words",
  { path: "model.text", until: 3 },
  { path: "model.image", until: 5 },
  "kinds",
];

test("a parameter learns when nothing freezes it any more", () => {
  const names = [
    "model.text.words.table",
    "model.text.blocks.0.up",
    "model.image.class",
    "model.imagery",
    "kinds",
  ];
  assert.deepEqual(
    names.map((name) => learnsFrom(name, freeze)),
    [Infinity, 3, 5, 0, Infinity],
  );
});

test("what is frozen in a step, and what is no longer", () => {
  assert.deepEqual(frozenAt(freeze, 2), ["model.text.words", "model.text", "model.image", "kinds"]);
  assert.deepEqual(frozenAt(freeze, 3), ["model.text.words", "model.image", "kinds"]);
  assert.deepEqual(frozenAt(freeze, Infinity), ["model.text.words", "kinds"]);
  assert.deepEqual(
    [2, 3, 5, Infinity].map((step) => thawedAt(freeze, step)),
    [[], ["model.text"], ["model.image"], []],
  );
});

test("a path is under itself and under modules above", () => {
  assert.ok(isUnder("a.b", "a.b") && isUnder("a.b", "a"));
  assert.ok(!isUnder("a.bc", "a.b") && !isUnder("a", "a.b"));
});
