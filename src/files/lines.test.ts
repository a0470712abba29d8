import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { firstLine, openLines } from "./lines.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-lines-"));
after(() => rmSync(folder, { recursive: true }));

function file(text: string): string {
  const path = join(folder, "a.txt");
  writeFileSync(path, text);
  return path;
}

test("lines keep their numbers where empty ones and headers are no rows", async () => {
  const path = file("\ufeffhead\r\n\r\n one \n \t\ntwo\n");
  const table = await openLines(path, { skip: 1, blank: "between" });
  assert.equal(table.size, 2);
  assert.deepEqual(await table.get(1), { text: "two", where: `${path} line 5` });
  assert.deepEqual(await table.get(0), { text: " one ", where: `${path} line 3` });
  assert.equal(await firstLine(path), "head");
  assert.equal((await openLines(file(""), { blank: "error" })).size, 0);
  await assert.rejects(firstLine(file("")), /an empty file/);
});

test("lines that cross the chunks of reading, and line ends that do", async () => {
  for (const shift of [0, 1, 2]) {
    const lines = ["a".repeat(2 ** 20 - shift), "b".repeat(2 ** 21), "c"];
    for (const end of ["\n", "\r\n"]) {
      const table = await openLines(file(lines.join(end)), { blank: "error" });
      const texts = await Promise.all([0, 1, 2].map(async (index) => (await table.get(index)).text));
      assert.deepEqual(texts, lines);
    }
  }
});
