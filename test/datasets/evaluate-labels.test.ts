/** Memes, GLUE and classes end to end: three steps, evaluation, submission file; and pictures classified by prompts. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { defaultBackend } from "#src/backends/default.ts";
import { fileMetrics, type ScoreFile } from "#src/eval/score/index.ts";
import { train } from "#src/train/trainer.ts";
import { makeDatasets } from "../fixtures/datasets/make.ts";
import { bifocal } from "../recipes/bifocal.ts";
import { tinyConfig, trainTiny } from "./tiny-run.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-labels-"));
const sets = join(folder, "sets");
before(async () => {
  await makeDatasets(sets);
});
after(() => rmSync(folder, { recursive: true }));

const files = (name: string, more: object = {}) => ({ kind: "files", name, root: join(sets, name), ...more });

interface Printed {
  readonly n: number;
  readonly accuracy?: number;
  readonly auroc?: number;
  readonly pearson?: number;
  readonly predictions: string;
  readonly scores?: {
    readonly accuracy: number;
    readonly majority: number;
    readonly f1: number;
    readonly matthews: number;
  };
}

async function evaluated(run: string, ...more: readonly string[]): Promise<Printed> {
  const { code, stdout, stderr } = await bifocal("eval", run, "--json", ...more).ended;
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Printed;
}

async function trained(name: string, task: object, data: object): Promise<string> {
  const out = join(folder, name);
  await trainTiny(tinyConfig(task, data), out);
  return out;
}

const scored = (metric: string, truths: string, predictions: string) =>
  fileMetrics[metric]!.score({ truths, predictions } as Record<ScoreFile, string>);

const linesOf = (path: string) => readFileSync(path, "utf8").trimEnd().split("\n");

test("Hateful Memes: AUROC, and a line for each meme with its probability", async () => {
  const run = await trained("hateful-memes", { kind: "memes" }, files("hateful-memes"));
  const submission = join(folder, "memes.csv");
  const { n, auroc, accuracy } = await evaluated(run, "--split", "val", "--submission", submission);
  assert.ok(auroc !== undefined && auroc >= 0 && auroc <= 1);
  assert.ok(accuracy !== undefined);
  const [header, ...rows] = linesOf(submission);
  assert.equal(header, "id,proba,label");
  assert.equal(rows.length, n);
  for (const row of rows) assert.match(row, /^\d+,[01]\.\d{6},[01]$/);
  const truths = join(sets, "hateful-memes/dev_seen.jsonl");
  const again = await scored("memes", truths, submission);
  assert.deepEqual([again.n, again.accuracy], [n, accuracy]);
  assert.ok(Math.abs((again.auroc as number) - auroc) < 1e-12);
  const swapped = join(folder, "swapped.csv");
  writeFileSync(swapped, [header, ...rows.slice(1), rows[1]].join("\n"));
  await assert.rejects(
    scored("memes", truths, swapped),
    /expected a prediction for each id once, got more for id/,
  );
});

test("GLUE: labels, and scores, each in its table", async () => {
  const cola = await trained("glue-cola", { kind: "sentences", says: "label" }, files("glue-cola"));
  const labels = join(folder, "CoLA.tsv");
  const { scores, n } = await evaluated(cola, "--split", "val", "--submission", labels);
  assert.ok(scores !== undefined && scores.majority >= 0.5);
  assert.equal(linesOf(labels)[0], "index\tprediction");
  assert.equal(linesOf(labels).length, n + 1);
  const devCola = join(sets, "glue-cola/CoLA/dev.tsv");
  assert.deepEqual(await scored("glue-cola", devCola, labels), { matthews: scores.matthews, n });

  const stsb = await trained("glue-stsb", { kind: "sentences", says: "score" }, files("glue-stsb"));
  const numbers = join(folder, "STS-B.tsv");
  const found = await evaluated(stsb, "--split", "val", "--submission", numbers);
  const { pearson } = await scored("glue-stsb", join(sets, "glue-stsb/STS-B/dev.tsv"), numbers);
  assert.ok(Math.abs((pearson as number) - found.pearson!) < 1e-12);

  const asked = await bifocal("predict", cola, "--image", folder, "--text", "a cat").ended;
  assert.equal(asked.code, 2);
  assert.match(
    asked.stderr,
    /got task sentences, which reads sentences without pictures; lay out your examples/,
  );
  const wrong = tinyConfig({ kind: "sentences", says: "score" }, files("glue-cola"));
  await assert.rejects(trainTiny(wrong, join(folder, "wrong")), /expected a score, got none/);
});

test("classes of folders, by a trained layer and by prompts", async () => {
  const contrast = await trained(
    "contrast",
    { kind: "pretrain", itc: { weight: 1, width: 6 } },
    files("flickr30k"),
  );
  const out = join(folder, "imagenet");
  const config = tinyConfig({ kind: "classification" }, files("imagenet"), { freeze: ["model"] });
  const { signal } = new AbortController();
  await train({ config, out, resume: false, from: contrast, backend: defaultBackend, signal });
  const { scores, predictions } = await evaluated(out, "--split", "val");
  assert.ok(scores !== undefined);
  const truths = new Set(linesOf(predictions).map((line) => (JSON.parse(line) as { truth: string }).truth));
  assert.ok(truths.size > 1);

  const photos = join(sets, "flickr30k/flickr30k-images");
  const list = join(folder, "list.csv");
  writeFileSync(list, `image\n${photos}/100.jpg\nnone.jpg\n`);
  const listed = await bifocal("predict", out, "--csv", list, "--out", join(folder, "labels.csv")).ended;
  assert.equal(listed.code, 2, listed.stderr);
  const [, first, second] = linesOf(join(folder, "labels.csv"));
  const found = await bifocal("predict", out, "--image", photos, "--batch", "4", "--json").ended;
  assert.equal(found.code, 0, found.stderr);
  const { predictions: labelled } = JSON.parse(found.stdout) as {
    readonly predictions: readonly {
      readonly answers: readonly { readonly answer: string; readonly probability: number }[];
    }[];
  };
  assert.ok(labelled.length > 4);
  const { answer, probability } = labelled[0]!.answers[0]!;
  assert.ok(truths.has(answer));
  assert.match(first!, new RegExp(`^1,.*100\\.jpg,,${answer},${`${probability}`.slice(0, 5)}`));
  assert.match(second!, /^2,none\.jpg,.*no such file/);
  const asked = await bifocal("predict", out, "--image", photos, "--text", "a cat").ended;
  assert.equal(asked.code, 2);
  assert.match(asked.stderr, /--text: expected none, the run labels pictures, got "a cat"/);

  const other = ["--data", "imagenet", "--root", join(sets, "imagenet"), "--split", "val"];
  const names = join(folder, "names.json");
  writeFileSync(
    names,
    JSON.stringify(Object.fromEntries([...truths].map((label, i) => [label, `thing ${i}`]))),
  );
  const zero = await evaluated(
    contrast,
    "--task",
    "zero-shot",
    ...other,
    "--prompt",
    "a {}",
    "--label-names",
    names,
  );
  assert.equal(zero.n, linesOf(predictions).length);
  assert.ok(zero.scores !== undefined);

  const alone = await trained("alone", { kind: "classification" }, files("imagenet"));
  assert.ok((await evaluated(alone, "--split", "val")).scores !== undefined);

  const bare = await bifocal("eval", contrast, "--task", "zero-shot", ...other, "--prompt", "a thing").ended;
  assert.equal(bare.code, 2);
  assert.match(bare.stderr, /--prompt: expected \{\} where the label goes, got a thing/);
  const half = await bifocal("eval", contrast, "--task", "zero-shot", "--data", "imagenet").ended;
  assert.match(half.stderr, /--root: expected --data and --root together/);
});
