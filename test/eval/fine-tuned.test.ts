/** Statements, hypotheses, boxes and ranked captions: scores belong to their examples, whatever the batch. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { referenceBackend } from "#src/backends/reference/index.ts";
import type { Forms } from "#src/datasets/contracts.ts";
import { evaluateJudging } from "#src/eval/judge.ts";
import { evaluateReferring } from "#src/eval/refer.ts";
import { evaluateRetrieval } from "#src/eval/retrieval.ts";
import type { TaskConfig } from "#src/tasks/index.ts";
import { smallRun } from "./small-run.ts";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "bifocal-fine-tuned-"));
});
after(() => rm(folder, { recursive: true }));

const open = (task: TaskConfig, batch: number) => smallRun(folder, { kind: "meter", task, batch });

test("statements and hypotheses: each with its verdict, beside what their words and the prior give", async () => {
  for (const [kind, classes] of [
    ["nlvr2", 2],
    ["entailment", 3],
  ] as const) {
    const results = [];
    for (const batch of [3, 2]) {
      const judged = await evaluateJudging(referenceBackend, await open({ kind }, batch), kind, "val", 5);
      assert.ok("accuracy" in judged);
      results.push(judged);
    }
    assert.deepEqual(results[0], results[1]);
    const { n, accuracy, interval, predictions, questionOnly, majority, kinds } = results[0]!;
    assert.equal(n, 5);
    assert.deepEqual(
      predictions.map(({ image }) => image),
      [0, 1, 2, 3, 4],
    );
    assert.equal(accuracy, predictions.filter((p) => p.correct).length / 5);
    assert.ok(interval[0] <= accuracy && accuracy <= interval[1]);
    for (const { top, predicted, answer, correct } of predictions) {
      assert.equal(top.length, classes);
      assert.ok(Math.abs(top.reduce((sum, { probability }) => sum + probability, 0) - 1) < 1e-5);
      assert.equal(top[0]!.answer, predicted);
      assert.equal(correct, predicted === answer);
    }
    assert.notEqual(predictions[0]!.top[0]!.probability, predictions[1]!.top[0]!.probability);
    // Every text occurs once in training, with the same verdict: the words tell all, the commonest verdict half or so.
    assert.equal(questionOnly, 1);
    assert.equal(majority, kind === "nlvr2" ? 3 / 5 : 2 / 5);
    assert.equal(kinds.dots!.total, 5);
  }
});

test("the second picture of a statement counts, and its place", async () => {
  const run = await open({ kind: "nlvr2" }, 2);
  const { dataset } = run.source;
  const seen = async (order: (pictures: readonly number[]) => number[]) => {
    const statements: Forms["statements"] = async (split, index) => {
      const example = await dataset.forms.statements!(split, index);
      return { ...example, pictures: order([0, 1]).map((k) => example.pictures[k]!) };
    };
    const source = { ...run.source, dataset: { ...dataset, forms: { ...dataset.forms, statements } } };
    const { predictions } = await evaluateJudging(referenceBackend, { ...run, source }, "nlvr2", "val", 2);
    return predictions.map(({ top }) => top.find(({ answer }) => answer === "true")!.probability);
  };
  const plain = await seen((p) => [...p]);
  const distinct = [plain, await seen(([a]) => [a!, a!]), await seen(([a, b]) => [b!, a!])].map(([p]) =>
    p!.toFixed(6),
  );
  assert.equal(new Set(distinct).size, 3);
});

test("boxes: probabilities are of the boxes there are, chance is one of them", async () => {
  const results = [];
  for (const batch of [3, 2]) {
    const run = await open({ kind: "referring", candidates: 3 }, batch);
    results.push(await evaluateReferring(referenceBackend, run, "val", 5));
  }
  assert.deepEqual(results[0], results[1]);
  const { n, chance, predictions, kinds, accuracy } = results[0]!;
  assert.equal(n, 5);
  assert.ok(Math.abs(chance - (3 / 2 + 2 / 3) / 5) < 1e-9);
  for (const { boxes, probabilities, predicted, image, correct, target } of predictions) {
    assert.equal(boxes.length, 2 + (image % 2));
    assert.equal(probabilities.length, boxes.length);
    assert.ok(Math.abs(probabilities.reduce((a, b) => a + b) - 1) < 1e-5);
    assert.equal(predicted, probabilities.indexOf(Math.max(...probabilities)));
    assert.equal(correct, predicted === target);
  }
  assert.equal(accuracy, predictions.filter(({ correct }) => correct).length / 5);
  assert.deepEqual([kinds.low!.total, kinds.high!.total], [4, 1]);
});

test("a run that ranks captions scores every pair by its fusion; one that matches has both scores", async () => {
  const ranking = { kind: "retrieval", by: "rank", textsPerImage: 3 } as const;
  const results = [];
  for (const batch of [4, 3]) {
    results.push(
      await evaluateRetrieval(referenceBackend, await open(ranking, batch), "val", 5, { shortlist: 2 }),
    );
  }
  const [one, other] = results.map(({ scores }) => scores) as [Float32Array, Float32Array];
  assert.ok(one.every((score, i) => Math.abs(score - other[i]!) < 1e-5));
  assert.equal(new Set(one).size, 25);
  assert.deepEqual([results[0]!.dual, results[0]!.shortlist], [undefined, 5]);
  assert.deepEqual(results[0]!.final, results[0]!.reranked);
  const matching = await open({ kind: "retrieval", by: "match", width: 4 }, 2);
  const both = await evaluateRetrieval(referenceBackend, matching, "val", 4, { shortlist: 2 });
  assert.ok(both.dual !== undefined && both.reranked !== undefined);
  const contrasting = await open({ kind: "retrieval", by: "contrast", width: 4 }, 2);
  const dual = await evaluateRetrieval(referenceBackend, contrasting, "val", 4, { shortlist: 2 });
  assert.equal(dual.reranked, undefined);
  assert.deepEqual(dual.final, dual.dual);
});

test("a run of another task is refused", async () => {
  const run = await open({ kind: "entailment" }, 2);
  await assert.rejects(
    evaluateJudging(referenceBackend, run, "nlvr2", "val", 2),
    /expected a run of task nlvr2, got entailment/,
  );
  await assert.rejects(
    evaluateReferring(referenceBackend, run, "val", 2),
    /fine-tune it for referring first/,
  );
});
