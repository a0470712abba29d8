import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { BifocalError } from "#src/core/index.ts";
import { checkTable } from "#src/datasets/check-table.ts";
import { realDataset } from "#src/datasets/official/index.ts";
import { vqaAnswers } from "#src/datasets/vqa-answers.ts";
import { makeDatasets } from "../fixtures/datasets/make.ts";

const root = mkdtempSync(join(tmpdir(), "bifocal-datasets-"));
before(async () => {
  await makeDatasets(root);
});
after(() => rmSync(root, { recursive: true }));

async function problem(work: () => Promise<unknown>): Promise<BifocalError["fields"]> {
  try {
    await work();
  } catch (error) {
    assert.ok(error instanceof BifocalError, String(error));
    return error.fields;
  }
  return assert.fail("no error");
}

/** Changes a file of the fixtures for the time of `work`. */
async function changed(
  path: string,
  change: (text: string) => string,
  work: () => Promise<void>,
): Promise<void> {
  const file = join(root, path);
  const bytes = readFileSync(file);
  writeFileSync(file, change(bytes.toString()));
  try {
    await work();
  } finally {
    writeFileSync(file, bytes);
  }
}

test("missing parts are reported with the expected tree", async () => {
  const elsewhere = await problem(() => realDataset("nlvr2").open("dev", join(root, "gqa")));
  assert.match(elsewhere.expected!, /the folder of NLVR2:\nnlvr\/nlvr2\/data/);
  assert.match(elsewhere.where, /gqa\/dev$/);
  const nowhere = await problem(() => realDataset("gqa").open("val", join(root, "none")));
  assert.deepEqual([nowhere.got, nowhere.where], ["no such folder", join(root, "none")]);
  const split = await problem(() => realDataset("gqa").open("valid", join(root, "gqa")));
  assert.deepEqual([split.code, split.todo], ["usage", "did you mean val?"]);
  const vocabulary = await problem(() => vqaAnswers(join(root, "gqa"), String));
  assert.match(vocabulary.expected!, /folder of VQA v2:\nv2_Open/);
  assert.throws(() => realDataset("vqa2"), /did you mean vqav2\?/);
});

test("a missing, empty or foreign picture is an error when it is read, and check lists it", async () => {
  const table = await realDataset("cc12m").open("train", join(root, "cc12m"));
  const list = (path: string, change: (text: string) => string) =>
    changed(path, change, async () => {
      const reopened = await realDataset("cc12m").open("train", join(root, "cc12m"));
      const options = { split: "train", inspect: async () => undefined, atOnce: 4 };
      const silent = () => ({ update: () => undefined, finish: () => undefined });
      const { problems } = await checkTable(reopened, options, silent);
      assert.deepEqual(
        problems.map(({ index }) => index),
        [3],
      );
      assert.match(
        problems[0]!.message,
        path === "cc12m/3.jpg" ? /an empty file/ : /no such file|leads out of it/,
      );
    });
  assert.equal(table.size, 12);
  await list("cc12m/3.jpg", () => "");
  await list("cc12m/train.tsv", (text) => text.replace("3.jpg", "33.jpg"));
  await list("cc12m/train.tsv", (text) => text.replace("\t3.jpg", "\t../cc3m/train/3.jpg"));
  await list("cc12m/train.tsv", (text) => text.replace("\t3.jpg", "\t/3.jpg"));
});

test("malformed records name file, place and what was expected", async () => {
  const cases: [
    name: string,
    split: string,
    file: string,
    change: (text: string) => string,
    message: RegExp,
  ][] = [
    [
      "vqav2",
      "train",
      "v2_mscoco_train2014_annotations.json",
      (t) => t.slice(0, -20),
      /expected a whole JSON value, got the end/,
    ],
    [
      "vqav2",
      "train",
      "v2_mscoco_train2014_annotations.json",
      (t) => t.replace('"question_id":1002', '"question_id":9'),
      /questions\[5\] \(byte \d+\): expected an annotation of it in .*, got none/,
    ],
    [
      "vqav2",
      "train",
      "v2_mscoco_train2014_annotations.json",
      (t) => t.replace('"question_id":1002', '"question_id":1001'),
      /annotations\[19\] .*: expected one annotation a question, got another of 1001/,
    ],
    [
      "vqav2",
      "val",
      "v2_OpenEnded_mscoco_val2014_questions.json",
      (t) => t.replace(/\{"image_id[^}]*\},/, ""),
      /expected 8 annotations, one for each question/,
    ],
    [
      "vqav2",
      "val",
      "v2_OpenEnded_mscoco_val2014_questions.json",
      (t) => t.replace('"image_id":8', '"image_id":"8"'),
      /questions\[0\] .*expected "image_id" as a number, got "8"/,
    ],
    [
      "vqav2",
      "val",
      "v2_OpenEnded_mscoco_val2014_questions.json",
      () => "[1]",
      /expected an array or object at "questions", got none/,
    ],
    [
      "flickr30k",
      "val",
      "dataset_flickr30k.json",
      (t) => t.replace('"split":"val"', '"split":5'),
      /images\[8\] .*"split" as text, got 5/,
    ],
    [
      "gqa",
      "val",
      "questions1.2/val_balanced_questions.json",
      (t) => t.replace('"question":', '"question"'),
      /record\[0\] .*expected JSON/,
    ],
    [
      "nlvr2",
      "dev",
      "nlvr/nlvr2/data/dev.json",
      (t) => t.replace('"True"', '"true"'),
      /dev\.json line 1: expected "label" to be True or False, got "true"/,
    ],
    [
      "nlvr2",
      "dev",
      "nlvr/nlvr2/data/dev.json",
      (t) => t.replace("\n", "\n\n"),
      /dev\.json line 2: expected a record, got an empty line/,
    ],
    [
      "snli-ve",
      "dev",
      "snli_ve_dev.jsonl",
      (t) => t.replace('"neutral"', '"-"').replace('"neutral"', '"-"'),
      /line 2: expected "gold_label" to be .*, got "-"/,
    ],
    [
      "hateful-memes",
      "dev_seen",
      "dev_seen.jsonl",
      (t) => t.replace('"label":0', '"label":3'),
      /line 1: expected "label" as 0 or 1, got 3/,
    ],
    [
      "cc3m",
      "val",
      "val.tsv",
      (t) => t.replace("\tx\r\n", "\r\n"),
      /val\.tsv line 2: expected 3 columns, got 2/,
    ],
    [
      "cc3m",
      "val",
      "val.tsv",
      (t) => t.replace("title", "words"),
      /line 1: expected a column title or caption or text/,
    ],
    [
      "sbu",
      "train",
      "annot.json",
      (t) => t.replace(/"images_train\/0000\/0000002"/, "2"),
      /record\[2\].*expected \["picture file", "caption"\]/,
    ],
    [
      "glue-stsb",
      "dev",
      "STS-B/dev.tsv",
      (t) => t.replace("2.75", "much"),
      /line 5: expected "score" as a number, got much/,
    ],
    [
      "glue-rte",
      "dev",
      "RTE/dev.tsv",
      (t) => t.replace("\tentailment", "\tyes"),
      /line 3: expected "label" to be entailment or not_entailment, got "yes"/,
    ],
    [
      "glue-rte",
      "dev",
      "RTE/dev.tsv",
      (t) => t.replace("sentence2", "other"),
      /line 1: expected a column "sentence2"/,
    ],
    [
      "refcoco",
      "val",
      "refcoco/instances.json",
      (t) => t.replace('"id":100,', '"id":199,'),
      /refs\(unc\)\.p ref_id \d+: expected ann_id 100 of image 1 .*, got none/,
    ],
    [
      "refcoco",
      "val",
      "refcoco/instances.json",
      (t) => t.replace('"bbox":[', '"bbox":[1,'),
      /annotations\[0\].*expected "bbox" as \[x, y, width, height\]/,
    ],
    [
      "refcoco",
      "val",
      "refcoco/refs(unc).p",
      (t) => t.replace("S'ref_id'", "S'ref'"),
      /refs\(unc\)\.p \[0\]: expected "ref_id" as a number, got none/,
    ],
    [
      "refcoco",
      "val",
      "refcoco/refs(unc).p",
      (t) => t.replace("(l", "(lcos\nsystem\n"),
      /a pickle that calls for os\.system/,
    ],
  ];
  for (const [name, split, file, change, message] of cases) {
    await changed(`${name}/${file}`, change, async () => {
      const fields = await problem(async () => {
        const table = await realDataset(name).open(split, join(root, name));
        for (let i = 0; i < table.size; i++) await table.get(i);
      });
      assert.match(new BifocalError(fields).message, message, `${name} ${file}`);
    });
  }
});
