import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { expandBraces, shardPaths } from "./shard-paths.ts";

test("braces count with their digits, list and combine", () => {
  assert.deepEqual(expandBraces("a-{008..011}.tar"), ["a-008.tar", "a-009.tar", "a-010.tar", "a-011.tar"]);
  assert.deepEqual(expandBraces("{9..11}"), ["9", "10", "11"]);
  assert.deepEqual(expandBraces("{train,val}-{0..1}.tar"), [
    "train-0.tar",
    "train-1.tar",
    "val-0.tar",
    "val-1.tar",
  ]);
  assert.deepEqual(expandBraces("plain.tar"), ["plain.tar"]);
});

test("braces that make no sense are refused", () => {
  assert.throws(() => expandBraces("a-{0..3.tar"), /expected braces such as/);
  assert.throws(() => expandBraces("a-{3..0}.tar"), /a range that counts up, got \{3\.\.0\}/);
  assert.throws(() => expandBraces("{0..99999999999}"), /at most 1000000 paths/);
  assert.throws(() => expandBraces("{0..999999}{0..999999}"), /at most 1000000 paths/);
});

test("a folder stands for its files by name, temporary ones left out", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bifocal-shards-"));
  for (const name of ["b.tar", "a.tar", ".c.tar.tmp-1-1", ".d.tar", "a.json"])
    writeFileSync(join(folder, name), "");
  assert.deepEqual(await shardPaths(folder, ".tar"), [join(folder, "a.tar"), join(folder, "b.tar")]);
  await assert.rejects(shardPaths(folder, ".parquet"), /expected .parquet files, got none/);
  rmSync(folder, { recursive: true });
});
