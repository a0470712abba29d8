import assert from "node:assert/strict";
import { test } from "node:test";
import { BifocalError } from "../core/index.ts";
import { accuracy } from "./accuracy.ts";
import { auroc } from "./auroc.ts";
import { type Box, boxAccuracy, intersectionOverUnion } from "./box-accuracy.ts";
import { pearson, spearman } from "./correlation.ts";
import { f1 } from "./f1.ts";
import { matthews } from "./matthews.ts";
import { averageRanks } from "./ranks.ts";

const labels = { predictions: ["a", "a", "b", "c"], truths: ["a", "b", "b", "b"] };

test("labels: accuracy, F1 and Matthews by hand", () => {
  assert.equal(accuracy(labels), 0.5);
  // a: 1 right, 2 said, 1 true; b: 1, 1, 3; c: never true.
  assert.deepEqual(f1(labels), { perLabel: { a: 2 / 3, b: 2 / 4, c: 0 }, macro: (2 / 3 + 1 / 2) / 3 });
  // (2 * 4 - (1 * 2 + 3 * 1)) / sqrt((16 - 6) (16 - 10))
  assert.ok(Math.abs(matthews(labels) - 3 / Math.sqrt(60)) < 1e-12);
  assert.equal(matthews({ predictions: ["a", "a"], truths: ["a", "b"] }), 0);
});

test("numbers: ties share their rank, and only the order counts for Spearman", () => {
  assert.deepEqual(averageRanks([3, 1, 3, 2, 3]), [4, 1, 4, 2, 4]);
  const cubes = { predictions: [1, 8, 27, 64], truths: [1, 2, 3, 4] };
  assert.ok(spearman(cubes) > 1 - 1e-12);
  assert.ok(pearson(cubes) < 0.96);
  assert.throws(() => pearson({ predictions: [1, 1], truths: [1, 2] }), /that vary/);
  assert.throws(() => spearman({ predictions: [1, Number.NaN], truths: [1, 2] }), /NaN at 1/);
});

test("AUROC counts pairs, a tie half", () => {
  // Positive 0.4 and 0.9, negative 0.4 and 0.1: 3 of 4 pairs in order and one tied.
  assert.equal(auroc({ scores: [0.4, 0.9, 0.4, 0.1], positive: [true, true, false, false] }), 3.5 / 4);
  assert.throws(() => auroc({ scores: [1, 2], positive: [true, true] }), /2 positive of 2/);
});

test("boxes are right from an overlap of a half", () => {
  const truth: Box = [0, 0, 10, 10];
  assert.equal(intersectionOverUnion(truth, [5, 0, 10, 10]), 50 / 150);
  assert.equal(intersectionOverUnion(truth, [20, 20, 5, 5]), 0);
  const predictions: Box[] = [
    [0, 0, 10, 5],
    [0, 0, 10, 4.9],
  ];
  assert.equal(boxAccuracy({ predictions, truths: [truth, truth] }), 0.5);
});

test("nothing, and lists of different length, are refused", () => {
  assert.throws(() => accuracy({ predictions: [], truths: [] }), BifocalError);
  assert.throws(() => f1({ predictions: ["a"], truths: ["a", "b"] }), BifocalError);
});
