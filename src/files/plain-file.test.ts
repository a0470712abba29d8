import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readPlainFile } from "./plain-file.ts";

test("plain files are read whole; nothing else is waited for", async () => {
  const folder = await mkdtemp(join(tmpdir(), "bifocal-plain-"));
  try {
    const path = (name: string) => join(folder, name);
    const bytes = Uint8Array.from({ length: 100_003 }, (_, i) => i % 251);
    await writeFile(path("full"), bytes);
    assert.deepEqual(await readPlainFile(path("full")), bytes);
    await writeFile(path("empty"), "");
    assert.equal(((await readPlainFile(path("empty"))) as Uint8Array).length, 0);
    assert.deepEqual(await readPlainFile(folder), { instead: "not a plain file" });
    // A hole takes no room on the disk.
    await writeFile(path("huge"), "");
    await truncate(path("huge"), 2 ** 31 + 1);
    assert.deepEqual(await readPlainFile(path("huge")), { instead: "2147483649 bytes" });
    await assert.rejects(readPlainFile(path("none")), { code: "ENOENT" });
    if (process.platform !== "win32") {
      execFileSync("mkfifo", [path("pipe")]);
      assert.deepEqual(await readPlainFile(path("pipe")), { instead: "not a plain file" });
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
