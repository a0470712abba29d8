import assert from "node:assert/strict";
import { test } from "node:test";
import type { PictureDataset } from "./contracts.ts";
import { indexOf, type MixtureOrder, mixture, placeOf } from "./mixture.ts";

/** A data set whose captions say where they are from. */
const source = (name: string, train: number): PictureDataset => {
  const no = () => assert.fail("not asked for");
  return {
    answers: ["yes", name],
    splits: { train, [`only-${name}`]: 1 },
    image: (split, index) => new Uint8Array([name.charCodeAt(0), index, split.length]),
    captions: (_, index) => [`${name}${index}`],
    questions: (_, index, n) =>
      Array.from({ length: n }, (__, i) => ({ question: `${name}${index}?${i}`, answer: name, kind: "" })),
    statement: no,
    hypothesis: no,
    reference: no,
  };
};
const sizes = [3, 7, 5];
const sources = ["a", "b", "c"].map((name, i) => source(name, sizes[i]!));
const mixed = (order: MixtureOrder["order"], ratios = [1, 1, 1]) => {
  const dataset = mixture(sources, { order, ratios });
  const drawn = (step: number, batch: number) =>
    dataset.draw!("train", step, batch, 5).map((index) => dataset.captions("train", index)[0]!);
  return {
    dataset,
    drawn,
    all: (steps: number, batch: number) =>
      Array.from({ length: steps }, (_, step) => drawn(step, batch)).flat(),
  };
};
const letters = (captions: readonly string[]) => captions.map((caption) => caption[0]).join("");

test("examples of all sources take turns while they last, each under one number", () => {
  const { dataset } = mixed("ratio");
  assert.deepEqual(dataset.splits, { train: 15, "only-a": 1, "only-b": 1, "only-c": 1 });
  assert.deepEqual(dataset.answers, ["yes", "a", "b", "c"]);
  const captions = Array.from({ length: 15 }, (_, i) => dataset.captions("train", i)[0]);
  assert.equal(captions.join(" "), "a0 b0 c0 a1 b1 c1 a2 b2 c2 b3 c3 b4 c4 b5 b6");
  for (const [i] of captions.entries()) assert.equal(indexOf(sizes, ...placeOf(sizes, i)), i);
  assert.deepEqual([...dataset.image("train", 9, 8)], ["b".charCodeAt(0), 3, 5]);
  assert.equal(dataset.questions("train", 12, 2)[1]!.question, "c4?1");
  assert.deepEqual(dataset.captions("only-c", 0), ["c0"]);
  assert.throws(() => dataset.captions("train", 15), RangeError);
  const alternating = mixture(sources, { order: "alternating", ratios: [] });
  assert.throws(
    () => alternating.draw!("only-c", 0, 2, 5),
    /source 0 of the mixture, split only-c: expected at least one/,
  );
});

test("round robin: example after example, each source in passes of its own", () => {
  const { all } = mixed("round-robin");
  const captions = all(21, 2);
  assert.equal(letters(captions), "abc".repeat(14));
  const ofA = captions.filter((caption) => caption.startsWith("a"));
  for (let pass = 0; pass < 4; pass++)
    assert.deepEqual(ofA.slice(3 * pass, 3 * pass + 3).sort(), ["a0", "a1", "a2"]);
  assert.equal(new Set(captions.filter((caption) => caption.startsWith("b")).slice(0, 7)).size, 7);
});

test("alternating: a batch from one source, the next from the next", () => {
  const { drawn, all } = mixed("alternating");
  assert.deepEqual(
    [0, 1, 2, 3, 4].map((step) => letters(drawn(step, 4))),
    ["aaaa", "bbbb", "cccc", "aaaa", "bbbb"],
  );
  const ofB = all(6, 4).filter((caption) => caption.startsWith("b"));
  assert.equal(new Set(ofB.slice(0, 7)).size, 7);
});

test("ratio: sources are drawn by their shares; what has none never comes", () => {
  const { all } = mixed("ratio", [1, 3, 0]);
  const drawn = letters(all(500, 4));
  const share = [...drawn].filter((letter) => letter === "b").length / drawn.length;
  assert.ok(!drawn.includes("c"));
  // Four standard deviations of a share of 2000 draws.
  assert.ok(Math.abs(share - 0.75) < 4 * Math.sqrt((0.75 * 0.25) / 2000), `${share}`);
});

test("a step's batch depends on seed and step alone", () => {
  const { dataset, drawn } = mixed("ratio");
  const late = drawn(40, 6);
  drawn(3, 6);
  assert.deepEqual(drawn(40, 6), late);
  assert.notDeepEqual(drawn(41, 6), late);
  assert.notDeepEqual(dataset.draw!("train", 40, 6, 6), dataset.draw!("train", 40, 6, 5));
});
