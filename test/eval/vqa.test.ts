import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { referenceBackend } from "#src/backends/reference/index.ts";
import { ranked } from "#src/eval/answers.ts";
import { evaluateVqa, openAnswerer } from "#src/eval/vqa.ts";
import { smallRun } from "./small-run.ts";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "bifocal-vqa-"));
});
after(() => rm(folder, { recursive: true }));

const task = { kind: "vqa", questionsPerImage: 2 } as const;

test("answers do not depend on the batch, and belong to their picture and question", async () => {
  const results = [];
  for (const batch of [3, 2]) {
    const run = await smallRun(folder, { kind: "meter", task, batch });
    results.push(await (await openAnswerer(referenceBackend, run)).answer("val", 1, 3));
  }
  assert.deepEqual(results[0], results[1]);
  const pictures = results[0]!;
  assert.deepEqual(
    pictures.map(({ image }) => image),
    [1, 2, 3],
  );
  const first = pictures[0]!;
  assert.deepEqual(
    first.asked.map(({ question }) => question),
    ["how many dots one", "how many dots two"],
  );
  assert.equal(first.probabilities.length, 2);
  for (const probabilities of first.probabilities) {
    assert.equal(probabilities.length, 8);
    assert.ok(Math.abs(probabilities.reduce((a, b) => a + b) - 1) < 1e-5);
  }
  assert.notDeepEqual(first.probabilities[0], first.probabilities[1]);
  assert.notDeepEqual(first.probabilities[0], pictures[1]!.probabilities[0]);
  // 7 words, 4 patches without the class patch.
  assert.deepEqual([first.attention[0]!.length, first.attention[0]![0]!.length], [7, 4]);
  for (const row of first.attention[0]!)
    assert.ok(row.reduce((a, b) => a + b) < 1 && row.every((w) => w > 0));
});

test("scores count what the predictions say, by kind", async () => {
  const run = await smallRun(folder, { kind: "meter", task, batch: 3 });
  const answerer = await openAnswerer(referenceBackend, run);
  const result = await evaluateVqa(answerer, run, "val", 8);
  assert.equal(result.n, 16);
  const right = result.predictions.filter(({ predicted, answer }) => predicted === answer).length;
  assert.equal(result.accuracy, right / 16);
  assert.deepEqual(Object.keys(result.kinds).sort(), ["count", "next"]);
  assert.ok(result.interval[0] <= result.accuracy && result.accuracy <= result.interval[1]);
  for (const { top, predicted, correct, answer } of result.predictions) {
    assert.equal(top.length, 3);
    assert.equal(top[0]!.answer, predicted);
    assert.equal(correct, predicted === answer);
  }
  // Every answer is as frequent as the others: a guess is right once in eight.
  assert.equal(result.majority, 1 / 8);
});

test("ranked sorts answers by probability", () => {
  assert.deepEqual(
    ranked(Float32Array.of(0.25, 0.5, 0.125), ["a", "b", "c"]).map(({ answer }) => answer),
    ["b", "a", "c"],
  );
});

test("a run of another task is refused", async () => {
  const pretrain = { kind: "pretrain", itc: { weight: 1, width: 5 } } as const;
  const run = await smallRun(folder, { kind: "meter", task: pretrain, batch: 2 });
  await assert.rejects(openAnswerer(referenceBackend, run), /expected a run of task vqa, got pretrain/);
});
