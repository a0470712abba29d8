import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Table } from "../files/table.ts";
import {
  arrowCaptions,
  arrowEntailment,
  arrowPairStatements,
  arrowQuestions,
  arrowReferring,
  arrowRegions,
} from "./arrow-examples.ts";

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../test/fixtures/containers/${name}`, import.meta.url));
const expected = JSON.parse(readFileSync(fixture("expected.json"), "utf8"));
const all = <E>(table: Table<E>) => Promise.all(Array.from({ length: table.size }, (_, i) => table.get(i)));

test("captions of several files are one table", async () => {
  const table = await arrowCaptions([
    fixture("captions.arrow"),
    fixture("empty.arrow"),
    fixture("sliced.arrow"),
  ]);
  const rows = [...expected["captions.arrow"], ...expected["sliced.arrow"]];
  const examples = await all(table);
  assert.deepEqual(
    examples.map(({ image, captions }) => [image.id, captions]),
    rows.map((row) => [row.image_id, row.caption]),
  );
  const bytes = await examples[9]!.image.read();
  assert.equal(Buffer.from(bytes).toString("hex"), rows[9].image.hex);
});

test("a question each, with its own answers, labels and scores", async () => {
  const examples = await all(await arrowQuestions([fixture("questions.arrow")]));
  assert.equal(examples.length, 13);
  const { image, ...third } = examples[2]!;
  assert.equal(image.id, "1000003");
  assert.deepEqual(third, {
    questionId: "1001",
    question: "what 1-1?",
    answers: [
      { answer: "a0", label: 1, score: 0 },
      { answer: "a1", label: 8, score: 0.3 },
    ],
  });
  assert.equal(examples[12]!.questionId, "6000");
  const heldBack = await all(await arrowQuestions([fixture("held-back.arrow")]));
  assert.deepEqual(
    heldBack.map(({ questionId, answers }) => [questionId, answers]),
    examples.map(({ questionId }) => [questionId, []]),
  );
});

test("statements about two pictures", async () => {
  const examples = await all(await arrowPairStatements([fixture("pairs.arrow")]));
  assert.deepEqual(
    examples.map(({ id, sentence, label }) => [id, sentence, label]),
    [
      ["train-1-0-0", "one", true],
      ["train-1-0-1", "two", false],
      ["train-1-1-0", "three", false],
      ["train-2-0-0", "four", true],
    ],
  );
  const [left, right] = await Promise.all(examples[3]!.images.map((image) => image.read()));
  const row = expected["pairs.arrow"][2];
  assert.equal(Buffer.from(left!).toString("hex"), row.image_0.hex);
  assert.equal(Buffer.from(right!).toString("hex"), row.image_1.hex);
});

test("hypotheses, expressions and regions", async () => {
  const entailment = await all(await arrowEntailment([fixture("entailment.arrow")]));
  assert.deepEqual(
    entailment.map(({ id, hypothesis, label }) => [id, hypothesis, label]),
    [
      ["entailment-0-0", "a hypothesis", "entailment"],
      ["entailment-0-1", "h", "contradiction"],
      ["entailment-1-0", "i", "neutral"],
    ],
  );
  const [first] = await all(await arrowReferring([fixture("referring.arrow")]));
  const { image: _, ...referring } = first!;
  assert.deepEqual(referring, {
    id: "referring-0",
    expressions: ["left one", "the cup"],
    candidates: [
      [1.5, 2, 3, 4],
      [0, 0, 1, 1],
    ],
    target: 1,
  });
  const regions = await all(await arrowRegions([fixture("regions.arrow")]));
  assert.deepEqual(
    regions.map(({ captions, boxes }) => [captions, boxes]),
    [
      [
        ["a door", "a dog"],
        [
          [0, 3, 5, 8],
          [1, 4, 6, 9],
        ],
      ],
      [["sky"], [[2, 11, 7, 10]]],
    ],
  );
});

test("a file of another kind is refused by its columns", async () => {
  const table = await arrowCaptions([fixture("referring.arrow")]);
  await assert.rejects(table.get(0), /referring.arrow: expected a column caption, got image, sentences/);
});
