/** bifocal data vocab: the published map of VQA v2, and the user's own counts. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { readAnswers } from "#src/datasets/answer-list.ts";
import { put } from "../fixtures/datasets/pictures.ts";
import { bifocal } from "../recipes/bifocal.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-vocab-"));
after(() => rmSync(folder, { recursive: true }));

const annotations = (list: readonly string[]) => ({
  annotations: list.map((multiple_choice_answer) => ({ multiple_choice_answer })),
});
const many = (answer: string, times: number) => Array<string>(times).fill(answer);

before(() => {
  const train = annotations([...many("The Owl.", 5), "late", ...many("rare", 8), ...many("two", 9)]);
  const val = annotations([...many("owl", 4), ...many("late", 8), ...many("2", 1)]);
  put(folder, "vqa/v2_mscoco_train2014_annotations.json", train);
  put(folder, "vqa/v2_mscoco_val2014_annotations.json", val);
  put(folder, "own.csv", "image,question,reply\na.jpg,q,yes\nb.jpg,q,no\nc.jpg,q,yes\n");
});

async function vocab(...words: string[]) {
  const out = join(folder, "answers.json");
  const { code, stdout, stderr } = await bifocal("data", "vocab", ...words, "--out", out, "--json").ended;
  if (code !== 0) return stdout + stderr;
  const answers = await readAnswers(out);
  assert.deepEqual(JSON.parse(readFileSync(out, "utf8")), answers);
  assert.equal((JSON.parse(stdout) as { answers: number }).answers, answers.length);
  return answers;
}

test("of VQA v2 the normalised answers of nine questions, in order of first occurrence", async () => {
  const root = join(folder, "vqa");
  assert.deepEqual(await vocab("vqav2", root), ["owl", "late", "2"]);
  assert.deepEqual(await vocab("vqav2", root, "--least", "10"), ["2"]);
  assert.match(String(await vocab("vqav2", root, "--split", "val")), /the list is that of train and val/);
});

test("of files of one's own as many as are asked for, of Arrow files those they were written with", async () => {
  const list = join(folder, "own.csv");
  assert.deepEqual(await vocab("csv", list, "--column", "answers=reply"), ["yes", "no"]);
  assert.deepEqual(await vocab("csv", list, "--column", "answers=reply", "--least", "2"), ["yes"]);
  assert.match(String(await vocab("csv", list, "--column", "answers=reply", "--least", "3")), /none among 2/);
  const arrow = fileURLToPath(new URL("../../../test/fixtures/containers/held-back.arrow", import.meta.url));
  assert.match(String(await vocab("arrow", arrow)), /"got":"none among 0"/);
  assert.match(String(await vocab("pictures", folder)), /"expected":"pictures \(jpg/);
});
