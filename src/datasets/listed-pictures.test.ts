import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { listedRows, type PictureList } from "./listed-pictures.ts";
import type { PictureForm } from "./pack-layout.ts";
import { type ColumnNames, rowExamples } from "./row-examples.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-listed-"));
after(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, "pictures"));
for (const name of ["a.jpg", "b.jpg"]) writeFileSync(join(folder, "pictures", name), `bytes of ${name}`);

async function listed<F extends PictureForm>(source: PictureList, form: F, columns: ColumnNames) {
  return rowExamples(await listedRows(source), form, columns);
}

function list(name: string, text: string) {
  const path = join(folder, name);
  writeFileSync(path, text);
  return { path, folder };
}

test("captions from CSV, TSV and JSON lines, by the columns the user names", async () => {
  const map = { image: "path", captions: "text" };
  const absolute = join(folder, "pictures", "b.jpg");
  const lists = [
    list("a.csv", `id,text,path\n1,"one, two",pictures/a.jpg\n2,three,${absolute}\n`),
    list("a.tsv", `text\tpath\none, two\tpictures/a.jpg\nthree\t${absolute}\n`),
    list("a.jsonl", `{"text":["one, two"],"path":"pictures/a.jpg"}\n{"text":"three","path":"${absolute}"}\n`),
  ];
  for (const source of lists) {
    const table = await listed(source, "captions", map);
    assert.equal(table.size, 2);
    const [first, second] = [await table.get(0), await table.get(1)];
    assert.deepEqual([first.captions, second.captions], [["one, two"], ["three"]]);
    assert.equal(first.image.id, "pictures/a.jpg");
    for (const [{ image }, name] of [
      [first, "a"],
      [second, "b"],
    ] as const) {
      assert.equal(Buffer.from(await image.read()).toString(), `bytes of ${name}.jpg`);
    }
  }
});

test("questions and classes", async () => {
  const source = list("q.csv", "q,a,f,l\nwhat?,cup,pictures/a.jpg,dog\nwho?,me,pictures/b.jpg,cat\n");
  const questions = await listed(source, "questions", { image: "f", question: "q", answers: "a" });
  const { image, ...second } = await questions.get(1);
  assert.equal(image.id, "pictures/b.jpg");
  assert.deepEqual(second, { questionId: "1", question: "who?", answers: ["me"] });
  const classes = await listed(source, "classes", { image: "f", label: "l" });
  const labels = [await classes.get(0), await classes.get(1)].map((example) => [
    example.label,
    example.class,
  ]);
  assert.deepEqual(labels, [
    ["dog", 1],
    ["cat", 0],
  ]);
});

test("what does not fit is said by row", async () => {
  const map = { image: "path", captions: "text" };
  const web = await listed(list("web.csv", "path,text\nhttps://x.org/a.jpg,one\n"), "captions", map);
  await assert.rejects(web.get(0), /web.csv row 2: .*on this machine.* download the pictures first/);
  const outside = await listed(list("out.csv", "path,text\n../secret.jpg,one\n"), "captions", map);
  await assert.rejects((await outside.get(0)).image.read(), /leads out of it/);
  const missing = await listed(list("gone.csv", "path,text\npictures/c.jpg,one\n"), "captions", map);
  await assert.rejects((await missing.get(0)).image.read(), /c.jpg: .*no such file/);
  await assert.rejects(listed(list("wrong.csv", "path,texts\n"), "captions", map), /did you mean texts\?/);
  await assert.rejects(listed(list("a.xlsx", ""), "captions", map), /a .csv, .tsv or .jsonl file, got .xlsx/);
  const odd = await listed(list("odd.jsonl", '{"path":"pictures/a.jpg","text":[1]}\n'), "captions", map);
  await assert.rejects(odd.get(0), /odd.jsonl line 1: expected "captions" as text or a list of texts/);
});
