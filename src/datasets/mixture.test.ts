import assert from "node:assert/strict";
import { test } from "node:test";
import type { PictureDataset } from "./contracts.ts";
import { indexOf, type MixtureOrder, mixture, placeOf } from "./mixture.ts";

/** A data set whose captions say where they are from. */
const source = (name: string, train: number): PictureDataset => {
  const picture = (split: string, index: number) => ({
    id: `${name}${index}`,
    pixels: async () => new Uint8Array([name.charCodeAt(0), index, split.length]),
  });
  return {
    name,
    answers: ["yes", name],
    splits: { train, [`only-${name}`]: 1 },
    longTexts: name === "c" ? "truncate" : "error",
    ...(name === "b" && { questionsPerImage: 2 }),
    forms: {
      pictures: async (split, index) => picture(split, index),
      captions: async (split, index) => ({ picture: picture(split, index), captions: [`${name}${index}`] }),
      questions: async (split, index, n) => ({
        picture: picture(split, index),
        questions: Array.from({ length: n }, (_, i) => ({
          question: `${name}${index}?${i}`,
          answer: name,
          kind: "",
        })),
      }),
      ...(name === "a" && { texts: async () => "only here" }),
    },
  };
};
const sizes = [3, 7, 5];
const sources = ["a", "b", "c"].map((name, i) => source(name, sizes[i]!));
const mixed = (order: MixtureOrder["order"], ratios = [1, 1, 1]) => {
  const dataset = mixture(sources, { order, ratios });
  const caption = async (split: string, index: number) => {
    const { captions } = await dataset.forms.captions!(split, index);
    return captions[0]!;
  };
  const drawn = (step: number, batch: number) =>
    Promise.all(dataset.draw!("train", step, batch, 5).map((index) => caption("train", index)));
  return {
    dataset,
    caption,
    drawn,
    all: async (steps: number, batch: number) => {
      const batches = await Promise.all(Array.from({ length: steps }, (_, step) => drawn(step, batch)));
      return batches.flat();
    },
  };
};
const letters = (captions: readonly string[]) => captions.map((caption) => caption[0]).join("");

test("examples of all sources take turns while they last, each under one number", async () => {
  const { dataset, caption } = mixed("ratio");
  assert.deepEqual(dataset.splits, { train: 15, "only-a": 1, "only-b": 1, "only-c": 1 });
  assert.deepEqual(dataset.answers, ["yes", "a", "b", "c"]);
  const captions = await Promise.all(Array.from({ length: 15 }, (_, i) => caption("train", i)));
  assert.equal(captions.join(" "), "a0 b0 c0 a1 b1 c1 a2 b2 c2 b3 c3 b4 c4 b5 b6");
  for (const [i] of captions.entries()) assert.equal(indexOf(sizes, ...placeOf(sizes, i)), i);
  const picture = await dataset.forms.pictures!("train", 9);
  assert.deepEqual([...(await picture.pixels(8))], ["b".charCodeAt(0), 3, 5]);
  const { questions } = await dataset.forms.questions!("train", 12, 2);
  assert.equal(questions[1]!.question, "c4?1");
  assert.equal(await caption("only-c", 0), "c0");
  await assert.rejects(caption("train", 15), RangeError);
  assert.deepEqual(Object.keys(dataset.forms), ["pictures", "captions", "questions"]);
  assert.deepEqual([dataset.questionsPerImage, dataset.longTexts], [2, "truncate"]);
  const alternating = mixture(sources, { order: "alternating", ratios: [] });
  assert.throws(
    () => alternating.draw!("only-c", 0, 2, 5),
    /source 0 of the mixture, split only-c: expected at least one/,
  );
});

test("round robin: example after example, each source in passes of its own", async () => {
  const { all } = mixed("round-robin");
  const captions = await all(21, 2);
  assert.equal(letters(captions), "abc".repeat(14));
  const ofA = captions.filter((caption) => caption.startsWith("a"));
  for (let pass = 0; pass < 4; pass++)
    assert.deepEqual(ofA.slice(3 * pass, 3 * pass + 3).sort(), ["a0", "a1", "a2"]);
  assert.equal(new Set(captions.filter((caption) => caption.startsWith("b")).slice(0, 7)).size, 7);
});

test("alternating: a batch from one source, the next from the next", async () => {
  const { drawn, all } = mixed("alternating");
  assert.deepEqual(await Promise.all([0, 1, 2, 3, 4].map(async (step) => letters(await drawn(step, 4)))), [
    "aaaa",
    "bbbb",
    "cccc",
    "aaaa",
    "bbbb",
  ]);
  const captions = await all(6, 4);
  const ofB = captions.filter((caption) => caption.startsWith("b"));
  assert.equal(new Set(ofB.slice(0, 7)).size, 7);
});

test("ratio: sources are drawn by their shares; what has none never comes", async () => {
  const { all } = mixed("ratio", [1, 3, 0]);
  const drawn = letters(await all(500, 4));
  const share = [...drawn].filter((letter) => letter === "b").length / drawn.length;
  assert.ok(!drawn.includes("c"));
  // Four standard deviations of a share of 2000 draws.
  assert.ok(Math.abs(share - 0.75) < 4 * Math.sqrt((0.75 * 0.25) / 2000), `${share}`);
});

test("a step's batch depends on seed and step alone", async () => {
  const { dataset, drawn } = mixed("ratio");
  const late = await drawn(40, 6);
  await drawn(3, 6);
  assert.deepEqual(await drawn(40, 6), late);
  assert.notDeepEqual(await drawn(41, 6), late);
  assert.notDeepEqual(dataset.draw!("train", 40, 6, 6), dataset.draw!("train", 40, 6, 5));
});
