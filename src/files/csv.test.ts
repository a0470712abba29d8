import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { rng } from "../core/index.ts";
import { openCsv, openTsv } from "./csv.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-csv-"));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test("quotes, commas and line breaks within values, either line end, a byte order mark", async () => {
  const path = file(
    "a.csv",
    '\ufeffpath,"the ""text""",n\r\na.jpg,"two\nlines, one comma",1\r\n"b.jpg",5" screen,\nc.jpg,"",""""\n\n',
  );
  const table = await openCsv(path);
  assert.deepEqual(table.columns, ["path", 'the "text"', "n"]);
  assert.equal(table.size, 3);
  const values = async (index: number) => Object.values((await table.get(index)).values);
  assert.deepEqual(await values(2), ["c.jpg", "", '"']);
  assert.deepEqual(await values(0), ["a.jpg", "two\nlines, one comma", "1"]);
  assert.deepEqual(await values(1), ["b.jpg", '5" screen', ""]);
  assert.equal((await table.get(1)).where, `${path} row 3`);
});

test("generated tables come back, whatever is in them", async () => {
  const draws = rng("csv");
  const pieces = ["a", '"', ",", "\n", "\r\n", "é", " ", '""', "\r"];
  const rows = Array.from({ length: 300 }, () =>
    Array.from({ length: 3 }, () =>
      Array.from({ length: draws.integer(6) }, () => draws.pick(pieces)).join(""),
    ),
  );
  const quoted = (value: string) =>
    /[",\r\n]/.test(value) || value === "" ? `"${value.replaceAll('"', '""')}"` : value;
  const path = file("generated.csv", rows.map((row) => `${row.map(quoted).join(",")}\n`).join(""));
  const table = await openCsv(path, ["x", "y", "z"]);
  assert.equal(table.size, rows.length);
  for (const [i, row] of rows.entries()) {
    assert.deepEqual(Object.values((await table.get(i)).values), row, `row ${i}`);
  }
});

test("mistakes are named by their row", async () => {
  const short = await openCsv(file("short.csv", "a,b\n1,2\n3\n"));
  await assert.rejects(short.get(1), /short.csv row 3: expected 2 values \(a, b\), got 1/);
  await assert.rejects(openCsv(file("quote.csv", 'a,b\n"1" x,2\n')), /row 2: expected a comma .* got " "/);
  await assert.rejects(openCsv(file("open.csv", 'a,b\n1,2\n"3,4\n5,6\n')), /row 3: expected a closing quote/);
  await assert.rejects(
    openCsv(file("blank.csv", "a,b\n1,2\n\n3,4\n")),
    /row 3: expected values, got an empty line/,
  );
  await assert.rejects(openCsv(file("twice.csv", "a,a\n1,2\n")), /column names, each once, got a, a/);
  await assert.rejects(openCsv(file("empty.csv", "")), /a row of column names, got an empty file/);
  const latin = join(folder, "latin.csv");
  writeFileSync(latin, Buffer.from("a,b\nx,\xe9\n", "latin1"));
  const table = await openCsv(latin);
  await assert.rejects(table.get(0), /text in UTF-8/);
});

test("tab-separated values have no quotes", async () => {
  const path = file("a.tsv", 'caption\turl\na "quoted" word\tu1\n"open\tu2\n');
  const table = await openTsv(path);
  assert.deepEqual((await table.get(1)).values, { caption: '"open', url: "u2" });
  const plain = await openTsv(path, ["c", "u"]);
  assert.deepEqual([plain.size, (await plain.get(0)).values], [3, { c: "caption", u: "url" }]);
  const wrong = await openTsv(file("wrong.tsv", "a\tb\n1\t2\t3\n"));
  await assert.rejects(wrong.get(0), /wrong.tsv line 2: expected 2 values \(a, b\), got 3/);
});
