import assert from "node:assert/strict";
import { test } from "node:test";
import { meteorExactStem } from "./meteor.ts";
import { alignWords } from "./meteor-alignment.ts";
import { meteorWords } from "./meteor-words.ts";

const close = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} instead of ${expected}`);

const align = (caption: string, reference: string) => alignWords(caption.split(" "), reference.split(" "));

test("captions are cut as METEOR cuts them", () => {
  assert.deepEqual(meteorWords("a well-made u.s. stop-sign"), ["a", "well", "made", "us", "stop", "sign"]);
  assert.deepEqual(meteorWords("it 's o'clock ... st. 5 no. 1,000.5"), [
    ..."it ' s o 'clock ... st . 5 no . 1,000.5".split(" "),
  ]);
  assert.deepEqual(
    meteorWords("dogs vs. 3 cats pp. 3 a,b,c\u00A0"),
    "dogs vs. 3 cats pp. 3 a , b,c".split(" "),
  );
  assert.deepEqual(meteorWords(""), []);
});

test("words are aligned in the fewest pieces, stems where nothing speaks against them", () => {
  assert.deepEqual(align("the dog the cat", "a the cat"), { places: [-1, 2, 3], chunks: 1 });
  assert.deepEqual(align("a running dog", "dog runs a"), { places: [2, 1, 0], chunks: 3 });
  // The first word's only equal is far away: its distance is laid to the stem's charge, so that neither is nearer.
  assert.deepEqual(align("the dog ofs in a a a players of", "the dog of ofing aed players a a of"), {
    places: [0, 1, 2, -1, 6, 7, 4, 5, 8],
    chunks: 4,
  });
});

test("function words weigh a third of others, stems six tenths, and pieces cost", () => {
  // One stem of two words whose weights are 1 / 4 and 3 / 4: precision and recall 0.45, one match in one piece.
  const dogs = { caption: "a dog", references: ["the dogs"] };
  close(meteorExactStem([dogs]), 0.45 * (1 - 0.6));
  const whole = { caption: "two cats sit", references: ["a cat", "two cats sit"] };
  close(meteorExactStem([whole]), 1);
  // Added up: matched 0.45 + 1.75 of 2.75 on either side, one piece, four matches.
  close(meteorExactStem([dogs, whole]), (2.2 / 2.75) * (1 - 0.6 * 0.25 ** 0.2));
  assert.equal(meteorExactStem([{ caption: "", references: ["a dog"] }]), 0);
});
