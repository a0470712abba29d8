import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openRowFile } from "./row-file.ts";

test("rows are read back from wherever they were put, and nothing is left", async () => {
  const folder = await mkdtemp(join(tmpdir(), "bifocal-rows-"));
  try {
    const [one, other] = [openRowFile(folder, 3), openRowFile(folder, 1)];
    one.write(2, Float32Array.of(7, 8, 9));
    one.write(0, Float32Array.of(9, 1, 2, 3, 4, 5, 6).subarray(1));
    other.write(0, Float32Array.of(-1));
    const into = new Float32Array(5);
    const written = [
      [1, [4, 5, 6]],
      [2, [7, 8, 9]],
      [0, [1, 2, 3]],
    ] as const;
    for (const [row, expected] of written) {
      one.read(row, into.subarray(1, 4));
      assert.deepEqual([...into], [0, ...expected, 0]);
    }
    assert.throws(() => one.read(3, into.subarray(0, 3)), /never written/);
    one.close();
    other.close();
    assert.deepEqual(await readdir(folder), []);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a folder that is not there is told", () => {
  assert.throws(() => openRowFile(join(tmpdir(), "bifocal-none", "x"), 1), /no such folder/);
});
