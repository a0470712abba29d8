/** Official data sets end to end: three steps, evaluation, submission file, and the same figure from that file. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { defaultBackend } from "#src/backends/default.ts";
import { withData } from "#src/eval/open-run.ts";
import { evaluateRetrieval } from "#src/eval/retrieval.ts";
import { fileMetrics, type ScoreFile } from "#src/eval/score/index.ts";
import { makeDatasets } from "../fixtures/datasets/make.ts";
import { bifocal } from "../recipes/bifocal.ts";
import { openTiny, tinyConfig, trainTiny } from "./tiny-run.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-evaluate-"));
const sets = join(folder, "sets");
before(async () => {
  await makeDatasets(sets);
});
after(() => rmSync(folder, { recursive: true }));

const files = (name: string, more: object = {}) => ({ kind: "files", name, root: join(sets, name), ...more });

async function trained(name: string, task: object, data: object): Promise<string> {
  const out = join(folder, name);
  await trainTiny(tinyConfig(task, data), out);
  return out;
}

/** What `bifocal eval` prints, with a submission beside it. */
async function evaluated(run: string, split: string, submission: string, ...more: readonly string[]) {
  const words = ["eval", run, "--split", split, "--submission", submission, "--json", ...more];
  const { code, stdout, stderr } = await bifocal(...words).ended;
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as {
    readonly accuracy?: number;
    readonly n: number;
    readonly consistency?: number;
    readonly questionOnly?: number;
    readonly official?: object;
  };
}

const score = (metric: string, paths: Partial<Record<ScoreFile, string>>) =>
  fileMetrics[metric]!.score(paths as Record<ScoreFile, string>);

const vqa = { kind: "vqa", questionsPerImage: 1 };

test("VQA v2: the official accuracy, and the answers to a test whose answers are held back", async () => {
  const run = await trained("vqav2", vqa, files("vqav2", { answers: { atLeast: 2 } }));
  const submission = join(folder, "val.json");
  const { n, accuracy, official, questionOnly } = await evaluated(run, "val", submission);
  assert.equal(n, 9);
  assert.ok(questionOnly !== undefined);
  const figures = await score("vqa", {
    questions: join(sets, "vqav2/v2_OpenEnded_mscoco_val2014_questions.json"),
    annotations: join(sets, "vqav2/v2_mscoco_val2014_annotations.json"),
    predictions: submission,
  });
  assert.deepEqual(official, figures);
  assert.ok(Math.abs(accuracy! - (figures.accuracy as number)) < 1e-12);

  const secret = join(folder, "test.json");
  const held = await evaluated(run, "test", secret);
  assert.deepEqual([held.n, held.accuracy], [3, undefined]);
  const rows = JSON.parse(readFileSync(secret, "utf8")) as { question_id: number; answer: string }[];
  assert.deepEqual(
    rows.map(({ question_id }) => question_id),
    [11000, 11001, 11002],
  );
  assert.ok(rows.every(({ answer }) => typeof answer === "string"));

  const part = await bifocal("eval", run, "--split", "val", "--submission", submission, "--pictures", "4")
    .ended;
  assert.equal(part.code, 2);
  assert.match(part.stderr, /expected predictions for all 9 examples, each with an id of its own, got 4/);
  const csv = await bifocal("eval", run, "--split", "val", "--submission", join(folder, "a.csv")).ended;
  assert.match(csv.stderr, /expected a \.json file, which vqav2 asks for, got \.csv/);
});

test("VizWiz and GQA", async () => {
  const vizwiz = await trained("vizwiz", vqa, files("vizwiz"));
  const submission = join(folder, "vizwiz.json");
  const { official } = await evaluated(vizwiz, "val", submission);
  const figures = await score("vizwiz", {
    annotations: join(sets, "vizwiz/Annotations/val.json"),
    predictions: submission,
  });
  assert.equal((official as { accuracy: number }).accuracy, figures.accuracy);
  assert.equal(figures.n, 3);

  const gqa = await trained("gqa", vqa, files("gqa"));
  const answers = join(folder, "gqa.json");
  const { accuracy } = await evaluated(gqa, "testdev", answers);
  const questions = join(sets, "gqa/questions1.2/testdev_balanced_questions.json");
  const scored = await score("gqa", { questions, predictions: answers });
  assert.equal(scored.accuracy, accuracy);
});

test("NLVR2 and SNLI-VE", async () => {
  const nlvr2 = await trained("nlvr2", { kind: "nlvr2" }, files("nlvr2"));
  const labels = join(folder, "nlvr2.csv");
  const { accuracy, consistency, n } = await evaluated(nlvr2, "test1", labels);
  assert.match(readFileSync(labels, "utf8"), /^test1-0-0-0,(True|False)\ntest1-0-0-1,(True|False)\n$/);
  const truths = join(sets, "nlvr2/nlvr/nlvr2/data/test1.json");
  assert.deepEqual(await score("nlvr2", { truths, predictions: labels }), { accuracy, consistency, n });

  const snli = await trained("snli-ve", { kind: "entailment" }, files("snli-ve"));
  const verdicts = join(folder, "snli-ve.csv");
  const result = await evaluated(snli, "val", verdicts);
  const dev = join(sets, "snli-ve/snli_ve_dev.jsonl");
  const figures = await score("snli-ve", { truths: dev, predictions: verdicts });
  assert.deepEqual(figures, { accuracy: result.accuracy, n: 9 });
});

test("RefCOCO: a box for every expression", async () => {
  const run = await trained("refcoco", { kind: "referring", candidates: 4 }, files("refcoco"));
  const boxes = join(folder, "boxes.json");
  const { accuracy, n } = await evaluated(run, "testA", boxes);
  const opened = await withData(
    await openTiny(tinyConfig({ kind: "referring", candidates: 4 }, files("refcoco")), run),
    ["testA"],
  );
  const { references } = opened.source.dataset.forms;
  const truths = await Promise.all(
    Array.from({ length: n }, async (_, index) => {
      const { id, boxes: all, target } = await references!("testA", index);
      const { x, y, width, height } = all[target]!;
      return { id, truth: [x, y, width, height] };
    }),
  );
  const path = join(folder, "truths.json");
  writeFileSync(path, JSON.stringify(truths));
  assert.deepEqual(await score("grounding", { truths: path, predictions: boxes }), { accuracy, n });
});

test("Flickr30k: every caption of a picture finds it, recalls as the scorer counts them", async () => {
  const task = { kind: "retrieval", by: "match", width: 6 };
  const config = tinyConfig(task, files("flickr30k"));
  const out = join(folder, "flickr30k");
  await trainTiny(config, out);
  const run = await withData(await openTiny(config, out), ["train"]);
  const { texts, imageOf, scores, final, n } = await evaluateRetrieval(defaultBackend, run, "train", 7, {
    shortlist: 3,
    captions: 5,
  });
  const { captions } = run.source.dataset.forms;
  const own = await Promise.all(Array.from({ length: 7 }, (_, i) => captions!("train", i)));
  assert.equal(
    texts,
    own.reduce((sum, example) => sum + Math.min(5, example.captions.length), 0),
  );
  assert.ok(texts > n);
  const predictions = join(folder, "scores.json");
  const rows = Array.from({ length: n }, (_, i) => Array.from(scores.subarray(i * texts, (i + 1) * texts)));
  writeFileSync(predictions, JSON.stringify({ scores: rows, imageOf }));
  const figures = await score("recall", { predictions });
  const { interval: _, ...i2t } = final.i2t;
  assert.deepEqual(figures.imageToText, i2t);
  assert.deepEqual([figures.recallSum, figures.texts], [final.recallSum, texts]);

  const words = [
    "eval",
    out,
    "--split",
    "train",
    "--pictures",
    "6",
    "--folds",
    "3",
    "--shortlist",
    "all",
    "--json",
  ];
  const { code, stdout, stderr } = await bifocal(...words).ended;
  assert.equal(code, 0, stderr);
  const { shortlist, folds } = JSON.parse(stdout) as {
    readonly shortlist: number;
    readonly folds: {
      readonly count: number;
      readonly pictures: number;
      readonly reranked: { readonly i2t: { readonly r10: number } };
    };
  };
  assert.ok(shortlist >= 6);
  assert.deepEqual([folds.count, folds.pictures], [3, 2]);
  const uneven = await bifocal("eval", out, "--split", "train", "--pictures", "7", "--folds", "3").ended;
  assert.equal(uneven.code, 2);
  assert.match(uneven.stderr, /expected a number of pictures that 3 folds share equally, got 7/);
});
