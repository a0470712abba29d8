import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openTarShards, sampleKey } from "./webdataset.ts";
import { tarEnd, tarEntry } from "./write-tar.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-webdataset-"));
after(() => rmSync(folder, { recursive: true }));

function shard(name: string, files: Readonly<Record<string, string>>): string {
  const path = join(folder, name);
  const parts = Object.entries(files).flatMap(([file, text]) => tarEntry(file, Buffer.from(text)));
  writeFileSync(path, Buffer.concat([...parts, tarEnd]));
  return path;
}

test("a key ends at the first dot of the file's name", () => {
  assert.deepEqual(sampleKey("a.b/c.seg.PNG"), { key: "a.b/c", extension: "seg.png" });
  assert.deepEqual(sampleKey("./0001.jpg"), { key: "./0001", extension: "jpg" });
  assert.equal(sampleKey("a.b/README"), undefined);
  assert.equal(sampleKey("dir/.hidden"), undefined);
});

test("samples of several shards have one index and are read in any order", async () => {
  const paths = [
    shard("a.tar", { "x.jpg": "1", "x.txt": "one", README: "no sample", "y.jpg": "2", "y.txt": "two" }),
    shard("b.tar", {}),
    shard("c.tar", { "x.txt": "three", "long/é.txt": "four" }),
  ];
  const { size, sample } = await openTarShards(paths);
  assert.equal(size, 4);
  const texts: Record<string, string> = {};
  for (const index of [3, 0, 2, 1]) {
    const { key, parts } = await sample(index);
    const bytes = await parts.get("txt")!.read();
    texts[index] = `${key} ${Buffer.from(bytes).toString()}`;
  }
  assert.deepEqual(Object.values(texts), ["x one", "y two", "x three", "long/é four"]);
  await assert.rejects(sample(4), /expected an index in \[0, 4\), got 4/);
});

test("a part that a sample has twice is refused", async () => {
  const path = shard("twice.tar", { "a.seg.png": "1", "a.SEG.png": "2" });
  await assert.rejects(openTarShards([path]), /twice.tar at a.SEG.png: expected one .seg.png for a, got two/);
});

test("an index is kept beside, and made anew when the shard changes", async () => {
  const cache = join(folder, "cache");
  const path = shard("kept.tar", { "a.txt": "1", "b.txt": "2" });
  assert.equal((await openTarShards([path], cache)).size, 2);
  const [name] = readdirSync(cache);
  const kept = join(cache, name!);
  writeFileSync(kept, "[1024]");
  const { size, sample } = await openTarShards([path], cache);
  assert.equal(size, 1);
  assert.equal((await sample(0)).key, "b");
  writeFileSync(kept, "damaged");
  assert.equal((await openTarShards([path], cache)).size, 2);
  shard("kept.tar", { "a.txt": "1", "b.txt": "2", "c.txt": "3" });
  assert.equal((await openTarShards([path], cache)).size, 3);
});

test("a shard that changes while it is read is refused", async () => {
  const path = shard("changing.tar", { "a.txt": "1" });
  const { sample } = await openTarShards([path]);
  shard("changing.tar", { "a.txt": "1", "b.txt": "2" });
  await assert.rejects(sample(0), /as when it was opened/);
});
