import assert from "node:assert/strict";
import { test } from "node:test";
import { BifocalError } from "../core/index.ts";
import { bleu } from "./bleu.ts";
import { captionScores } from "./caption-scores.ts";
import { cider } from "./cider.ts";
import { rougeL } from "./rouge.ts";

const close = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-8, `${actual} instead of ${expected}`);

test("BLEU is clipped, pooled and shortened as by hand", () => {
  // "the" counts twice of three; runs of two: none of 2. Lengths 3 and 4: exp(1 - 4 / 3).
  const [one, two] = bleu([{ caption: "the the the", references: ["the cat the mat", "a"] }]);
  close(one, (2 / 3) * Math.exp(1 - 4 / 3));
  assert.ok(two < 1e-6);
  // Of equally near lengths 1 and 3 the shorter: no penalty.
  close(bleu([{ caption: "a b", references: ["a", "a b c"] }])[1], 1);
});

test("ROUGE-L takes precision and recall each from the best reference", () => {
  // "a b d" against "a x b": common 2 of 3 and 3; against "d": precision 1/3, recall 1.
  const p = 2 / 3;
  close(rougeL([{ caption: "a b d", references: ["a x b", "d"] }]), (2.44 * p * 1) / (1 + 1.44 * p));
  close(rougeL([{ caption: "", references: ["a"] }]), 0);
});

test("CIDEr of captions that are the references is 10, and words of every picture weigh nothing", () => {
  const own = ["a red dog runs far", "the two cats sleep here"];
  close(cider(own.map((caption) => ({ caption, references: [caption] }))), 10);
  close(cider([{ caption: "a b c d", references: ["a b c d"] }]), 0);
  // Only the two single words are weighed alike, of four lengths of runs: 10 / 4, a difference of 1 pair in length.
  const [first] = [{ caption: "x y", references: ["y z x"] }];
  const penalty = Math.exp(-1 / 72);
  const expected = ((10 / 4) * penalty * (2 / Math.sqrt(2 * 3))) / 2;
  close(cider([first!, { caption: "q", references: ["r"] }]), expected);
});

test("scores take captions as they are written and refuse those without references", () => {
  const {
    n,
    bleu4,
    cider: score,
  } = captionScores([
    { caption: "Two dogs, running.", references: ["two dogs running", "A dog."] },
    { caption: "it's a big red bus", references: ["It's a big red bus!"] },
  ]);
  assert.equal(n, 2);
  assert.ok(bleu4 > 0.99 && score > 5);
  assert.throws(() => captionScores([]), BifocalError);
  assert.throws(() => captionScores([{ caption: "a", references: [] }]), /no references for caption 0/);
});
