/** Scores against the official scorers' goldens, which test/parity/metrics/make.py makes. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileMetrics, type ScoreFile } from "#src/eval/score/index.ts";
import { auroc } from "#src/metrics/auroc.ts";
import { captionScores } from "#src/metrics/caption-scores.ts";
import type { Captioned } from "#src/metrics/captioned.ts";
import { pearson, spearman } from "#src/metrics/correlation.ts";
import { f1 } from "#src/metrics/f1.ts";
import { matthews } from "#src/metrics/matthews.ts";
import { meteorExactStem } from "#src/metrics/meteor.ts";
import { tokenizeCaptions } from "#src/metrics/ptb-tokenizer.ts";
import { type AnsweredQuestion, answerAccuracy, vqaAccuracy } from "#src/metrics/vqa-accuracy.ts";
import { normalizeAnswer } from "#src/metrics/vqa-answer.ts";

/** The lines behind the one that says what made the file. */
function golden(name: string): unknown[] {
  const lines = readFileSync(join("test", "parity", "metrics", name), "utf8")
    .trimEnd()
    .split("\n");
  return lines.slice(1).map((line) => JSON.parse(line) as unknown);
}

function close(actual: number, expected: number, tolerance: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: ${actual} instead of ${expected}`);
}

void test("VQA accuracy is vqaEval.py's", () => {
  const [official, processed, ...rows] = golden("vqa.jsonl") as [
    {
      overall: number;
      perAnswerType: Record<string, number>;
      perQuestionType: Record<string, number>;
    },
    { normalized: [string, string][] },
    ...(AnsweredQuestion & { mark: number })[],
  ];
  for (const [text, expected] of processed.normalized) assert.equal(normalizeAnswer(text), expected);
  for (const row of rows) {
    close(answerAccuracy(row.prediction, row.answers), row.mark / 100, 1e-9, JSON.stringify(row));
  }
  const { accuracy, perAnswerType, perQuestionType, n } = vqaAccuracy(rows);
  assert.equal(n, 1500);
  close(accuracy, official.overall / 100, 1e-9, "accuracy");
  for (const [ours, theirs] of [
    [perAnswerType, official.perAnswerType],
    [perQuestionType, official.perQuestionType],
  ] as const) {
    assert.deepEqual(Object.keys(ours), Object.keys(theirs).sort());
    for (const [kind, value] of Object.entries(theirs)) close(ours[kind]!, value / 100, 1e-9, kind);
  }
});

void test("captions are tokenized as by the Stanford tokenizer of pycocoevalcap", () => {
  const rows = golden("tokens.jsonl") as [string, string][];
  const tokens = tokenizeCaptions(rows.map(([caption]) => caption));
  assert.equal(rows.length, 6000);
  assert.deepEqual(
    tokens,
    rows.map(([, expected]) => expected),
  );
});

void test("BLEU, ROUGE-L, CIDEr-D and METEOR by words and stems are pycocoevalcap's", () => {
  const [scores, ...pictures] = golden("captions.jsonl") as [
    { n: number; bleu: number[]; rougeL: number; cider: number; meteorExactStem: number }[],
    ...Captioned[],
  ];
  assert.deepEqual(
    scores.map(({ n }) => n),
    [150, 7, 1],
  );
  for (const { n, bleu, rougeL, cider, meteorExactStem } of scores) {
    const ours = captionScores(pictures.slice(0, n));
    for (const [k, score] of [ours.bleu1, ours.bleu2, ours.bleu3, ours.bleu4].entries()) {
      close(score, bleu[k]!, 1e-6, `BLEU-${k + 1} of ${n}`);
    }
    close(ours.rougeL, rougeL, 1e-6, `ROUGE-L of ${n}`);
    close(ours.cider, cider, 1e-6, `CIDEr of ${n}`);
    close(ours.meteorExactStem, meteorExactStem, 1e-9, `METEOR of ${n}`);
  }
});

void test("METEOR by equal words and stems is METEOR 1.5's of each caption and of all", () => {
  const [overall, ...captions] = golden("meteor.jsonl") as [number, ...(Captioned & { score: number })[]];
  assert.equal(captions.length, 1000);
  for (const captioned of captions) {
    close(meteorExactStem([captioned]), captioned.score, 1e-9, JSON.stringify(captioned));
  }
  close(meteorExactStem(captions), overall, 1e-9, "all");
});

void test("F1, Matthews, Pearson, Spearman and AUROC are scikit-learn's and scipy's", () => {
  type Labels = {
    of: "labels";
    predictions: string[];
    truths: string[];
    macro: number;
    perLabel: Record<string, number>;
    matthews: number;
  };
  type Numbers = {
    of: "numbers";
    predictions: number[];
    truths: number[];
    positive: boolean[];
    pearson: number;
    spearman: number;
    auroc: number;
  };
  for (const row of golden("statistics.jsonl") as (Labels | Numbers)[]) {
    if (row.of === "labels") {
      const { macro, perLabel } = f1(row);
      close(macro, row.macro, 1e-12, "macro F1");
      assert.deepEqual(Object.keys(perLabel), Object.keys(row.perLabel).sort());
      for (const [label, mark] of Object.entries(row.perLabel)) close(perLabel[label]!, mark, 1e-12, label);
      close(matthews(row), row.matthews, 1e-12, "Matthews");
    } else {
      close(pearson(row), row.pearson, 1e-12, "Pearson");
      close(spearman(row), row.spearman, 1e-12, "Spearman");
      close(auroc({ scores: row.predictions, positive: row.positive }), row.auroc, 1e-12, "AUROC");
    }
  }
});

void test("GLUE's tasks are scored as scikit-learn and scipy score them", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bifocal-glue-"));
  after(() => rmSync(folder, { recursive: true }));
  type Task = { task: string; truths: string; predictions: string; scores: Record<string, number> };
  const tasks = golden("glue.jsonl") as Task[];
  assert.deepEqual(
    tasks.map(({ task }) => task),
    Object.keys(fileMetrics).filter((name) => name.startsWith("glue-")),
  );
  for (const { task, scores, ...texts } of tasks) {
    const files = { truths: join(folder, "dev.tsv"), predictions: join(folder, "answers.tsv") };
    writeFileSync(files.truths, texts.truths);
    writeFileSync(files.predictions, texts.predictions);
    const { n, ...ours } = await fileMetrics[task]!.score(files as Record<ScoreFile, string>);
    assert.equal(n, 23);
    assert.deepEqual(Object.keys(ours), Object.keys(scores));
    for (const [name, score] of Object.entries(scores)) {
      close(ours[name] as number, score, 1e-12, `${task} ${name}`);
    }
  }
});
