import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { withDataFile } from "./byte-source.ts";
import { tarEntries } from "./tar.ts";
import { tarEnd, tarEntry } from "./write-tar.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-tar-"));
after(() => rmSync(folder, { recursive: true }));
const fixture = (name: string) =>
  fileURLToPath(new URL(`../../test/fixtures/containers/${name}`, import.meta.url));
const expected = JSON.parse(readFileSync(fixture("expected.json"), "utf8"));
const path = join(folder, "x.tar");

function entriesOf(archive: string, from?: number) {
  return withDataFile(archive, "a tar file", (file) =>
    Array.from(tarEntries(file, from), ({ name, start, size, header }) => ({ name, start, size, header })),
  );
}

function entriesIn(...parts: readonly Uint8Array[]) {
  writeFileSync(path, Buffer.concat(parts));
  return entriesOf(path);
}

/** An entry's header with some of its fields written over and the checksum made right again. */
function changedHeader(changes: Readonly<Record<number, string>>, size = 3): Buffer {
  const [header] = tarEntry("a.txt", new Uint8Array(size));
  const block = Buffer.from(header!);
  for (const [at, text] of Object.entries(changes)) block.write(text, Number(at), "latin1");
  block.write("        ", 148);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

for (const name of ["gnu", "pax", "ustar"]) {
  test(`the entries of ${name}.tar are what Python lists, from any entry on`, async () => {
    const entries = await entriesOf(fixture(`${name}.tar`));
    assert.deepEqual(
      entries.map((entry) => [entry.name, entry.start, entry.size]),
      expected[`${name}.tar`],
    );
    for (const [i, { header }] of entries.entries()) {
      assert.deepEqual(await entriesOf(fixture(`${name}.tar`), header), entries.slice(i));
    }
  });
}

test("what is written is read back, with names of any length and alphabet", async () => {
  const names = ["a", "b".repeat(100), "c".repeat(101), "é.txt", `${"d/".repeat(500)}e.jpg`];
  for (let length = 85; length < 1000; length += 11) names.push("x".repeat(length));
  const parts = names.flatMap((name, i) => tarEntry(name, new Uint8Array(i * 100).fill(i)));
  const entries = await entriesIn(...parts, tarEnd);
  assert.deepEqual(
    entries.map(({ name, size }) => [name, size]),
    names.map((name, i) => [name, i * 100]),
  );
  const bytes = readFileSync(path);
  for (const [i, { start, size }] of entries.entries()) {
    assert.ok(bytes.subarray(start, start + size).every((byte) => byte === i));
  }
});

test("sizes in base 256, one empty block at the end and old headers are read", async () => {
  const large = changedHeader({ 124: `\x80${"\0".repeat(10)}\x03` });
  const old = changedHeader({ 257: "\0".repeat(8), 156: "\0" });
  const content = new Uint8Array(512);
  const entries = await entriesIn(large, content, old, content, content);
  assert.deepEqual(
    entries.map(({ name, size }) => [name, size]),
    [
      ["a.txt", 3],
      ["a.txt", 3],
    ],
  );
});

test("archives that would lose entries are refused", async () => {
  const entry = tarEntry("a.txt", new Uint8Array(3));
  await assert.rejects(
    entriesIn(...entry),
    /expected an empty block at the archive's end, got the file's end at byte/,
  );
  await assert.rejects(entriesIn(...entry, tarEnd, ...entry, tarEnd), /joined to one, keep them apart/);
  await assert.rejects(
    entriesIn(changedHeader({ 156: "2" }), tarEnd),
    /a symbolic link; make .* --dereference/,
  );
  await assert.rejects(entriesIn(changedHeader({ 156: "1" }), tarEnd), /at a.txt: .* a hard link/);
  await assert.rejects(entriesIn(changedHeader({ 156: "3" }), tarEnd), /an entry of type "3"/);
  await assert.rejects(entriesIn(changedHeader({ 156: "S" }), tarEnd), /a sparse file/);
});

test("damage is refused", async () => {
  const entry = tarEntry("a.txt", new Uint8Array(3));
  const wrong = Buffer.from(entry[0]!);
  wrong[0] = 66;
  await assert.rejects(entriesIn(wrong, ...entry.slice(1), tarEnd), /x.tar at byte 0: .* another checksum/);
  await assert.rejects(entriesIn(changedHeader({ 124: "77777777777" }), tarEnd), /a.txt within the file/);
  await assert.rejects(
    entriesIn(changedHeader({ 124: "-0000000001" }), tarEnd),
    /an octal number, got "-0+1"/,
  );
  await assert.rejects(entriesIn(changedHeader({ 156: "x" }), Buffer.alloc(512, "9"), tarEnd), /pax records/);
  await assert.rejects(
    entriesIn(changedHeader({ 156: "L", 124: "77777777777" })),
    /an extended header of at most/,
  );
  await assert.rejects(
    entriesIn(changedHeader({ 156: "L" }), Buffer.alloc(512, "n"), tarEnd),
    /an entry behind its/,
  );
  await assert.rejects(entriesIn(gzipSync(Buffer.alloc(2048))), /whole blocks|gzip; unpack the archive/);
});
