import assert from "node:assert/strict";
import { test } from "node:test";
import { BifocalError } from "../core/index.ts";
import { imageToTextRanks, recallAt, recallSum, textToImageRanks } from "./recall.ts";

const imageOf = [0, 0, 1, 2, 2];

// biome-ignore format: one image per line, one text per column
const scores = Float32Array.of(
  0.1, 0.8, 0.9, 0.3, 0.2,
  0.7, 0.4, 0.5, 0.5, 0.6,
  0.9, 0.9, 0.1, 0.0, 0.2,
);

test("ranks are those counted by hand, both ways", () => {
  // Image 0: best own text 0.8, only 0.9 before it. Image 1: own 0.5, before it 0.7, the equal 0.5 and 0.6.
  // Image 2: best own 0.2, before it 0.9 and 0.9; 0.1 is behind.
  assert.deepEqual(imageToTextRanks({ scores, imageOf, images: 3 }), [2, 4, 3]);
  // Columns: 0.1 behind 0.7 and 0.9; 0.8 behind 0.9; 0.5 behind 0.9; 0.0 behind both; 0.2 tied with 0.2, behind 0.6.
  assert.deepEqual(textToImageRanks({ scores, imageOf, images: 3 }), [3, 2, 2, 3, 3]);
});

test("a model that tells nothing apart, or yields not-a-number, comes last", () => {
  for (const constant of [0.5, Number.NaN]) {
    const flat = { scores: new Float32Array(15).fill(constant), imageOf, images: 3 };
    assert.deepEqual(imageToTextRanks(flat), [4, 5, 4]);
    assert.deepEqual(textToImageRanks(flat), [3, 3, 3, 3, 3]);
  }
});

test("an own text that is not a number leaves its image to the other one", () => {
  const torn = { scores: Float32Array.of(Number.NaN, 0.8, 0.9, 1, 0, 0.1), imageOf: [0, 0, 1], images: 2 };
  assert.deepEqual(imageToTextRanks(torn), [2, 2]);
});

test("recall counts the queries within the first k", () => {
  const ranks = [1, 2, 3, 3, 8];
  assert.deepEqual(
    [1, 2, 3, 10].map((k) => recallAt(k, ranks)),
    [0.2, 0.4, 0.8, 1],
  );
  assert.throws(() => recallAt(1, []), BifocalError);
  assert.equal(recallSum(ranks, [1, 6]), 0.2 + 0.5 + 0.8 + 0.5 + 1 + 1);
});

test("an image without a text is refused by its number", () => {
  assert.throws(
    () => imageToTextRanks({ scores: new Float32Array(6), imageOf: [0, 2], images: 3 }),
    (error) => error instanceof BifocalError && /none for image 1/.test(error.message),
  );
});
