import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { rng } from "../core/index.ts";
import { openJson, openJsonLines } from "./json-rows.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-json-"));
after(() => rmSync(folder, { recursive: true }));

function file(text: string | Uint8Array): string {
  const path = join(folder, "a.json");
  writeFileSync(path, text);
  return path;
}

async function valuesOf(text: string, at: readonly string[]): Promise<unknown[]> {
  const table = await openJson(file(text), at);
  return Promise.all(Array.from({ length: table.size }, async (_, i) => (await table.get(i)).value));
}

test("members of lists and objects at any depth, whatever stands around them", async () => {
  assert.deepEqual(await valuesOf("[]", []), []);
  assert.deepEqual(await valuesOf(' \n[ 1 , "a,]}\\"\\\\" , [2,[3]] , {"b":[4]} , null ]\n', []), [
    1,
    'a,]}"\\',
    [2, [3]],
    { b: [4] },
    null,
  ]);
  const text = `{"info":{"list":[9]},"x":["list",{"list":[8]}],"y":"list","deep":{"no":[7],"list":[1,{"list":[2]}]},"z":[]}`;
  assert.deepEqual(await valuesOf(text, ["deep", "list"]), [1, { list: [2] }]);
  const table = await openJson(file('{"a":{"k\\"1": 5, "":{"b":[1]}}}'), ["a"]);
  assert.deepEqual(await Promise.all([table.get(1), table.get(0)]), [
    { key: "", value: { b: [1] }, where: `${join(folder, "a.json")} a[1] (byte 17)` },
    { key: 'k"1', value: 5, where: `${join(folder, "a.json")} a[0] (byte 6)` },
  ]);
});

test("records that cross the chunks of reading are whole, and only those that are wanted are kept", async () => {
  const draw = rng(1, "json");
  const records = Array.from({ length: 4000 }, (_, i) => ({
    id: i,
    text: 'é\\"[{,'.repeat(draw.integer(200)) + (i === 1234 ? "x".repeat(3_000_000) : ""),
  }));
  const path = file(JSON.stringify({ before: records.slice(0, 3), records }));
  const table = await openJson(path, ["records"], ({ value }) => (value as { id: number }).id % 3 === 1);
  assert.equal(table.size, 1333);
  for (const index of [0, 411, 1332, 7]) {
    assert.deepEqual((await table.get(index)).value, records[3 * index + 1]);
  }
});

test("files that are cut, of another form or no JSON are refused with the place", async () => {
  const cases: [text: string | Uint8Array, at: string[], message: RegExp][] = [
    ["", [], /expected an array or object at the outermost value, got an empty file/],
    ['"text"', [], /byte 0: expected an array or object at the outermost value, got none/],
    ['{"a":5}', ["a"], /expected an array or object at "a", got none/],
    ['[{"a":[1]}]', ["a"], /expected an array or object at "a", got none/],
    ["[1,2", [], /byte 4: expected a whole JSON value, got the end of the file/],
    ['["a', [], /expected a whole JSON value/],
    ["[1,,2]", [], /byte 3: expected a value, got ","/],
    ["[1,]", [], /byte 3: expected a value, got "]"/],
    ["[1}", [], /byte 2: expected the end of the array the outermost value, got "}"/],
    ["[1]]", [], /byte 3: expected a value, got "]"/],
    ["[1]\n[2]", [], /byte 4: expected the outermost value once, got another/],
    ['{"a":[1],"a":[2]}', ["a"], /expected "a" once, got another/],
    ["[1,nul]", [], /record\[1\] \(byte 3\): expected JSON/],
    [Buffer.from('["\xff"]', "latin1"), [], /expected text in UTF-8, got other bytes/],
  ];
  for (const [text, at, message] of cases) {
    await assert.rejects(async () => {
      const table = await openJson(file(text), at);
      for (let i = 0; i < table.size; i++) await table.get(i);
    }, message);
  }
  await assert.rejects(openJson(join(folder, "none.json"), []), /no such file/);
});

test("a file that shrinks after it was opened is noticed", async () => {
  const path = file("[1,22222]");
  const table = await openJson(path, []);
  file("[1,2");
  await assert.rejects(table.get(1), /byte 3: expected 5 bytes, got 1; the file was cut after it was opened/);
});

test("JSON lines with any line end, a byte order mark and no end of the last line", async () => {
  const table = await openJsonLines(file('\ufeff{"a":1}\r\n[2]\n"é"'));
  assert.deepEqual(await Promise.all([0, 1, 2].map(async (index) => (await table.get(index)).value)), [
    { a: 1 },
    [2],
    "é",
  ]);
  await assert.rejects(
    openJsonLines(file('{"a":1}\n\n{"a":2}\n')),
    /a\.json line 2: expected a record, got an empty line/,
  );
  const broken = await openJsonLines(file('{"a":1}\n{"a":\n'));
  await assert.rejects(broken.get(1), /a\.json line 2: expected JSON/);
});
