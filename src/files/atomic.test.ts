import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  removeFolderAtomic,
  removeStale,
  writeAll,
  writeFileAtomic,
  writeFolderAtomic,
  writeTextAtomic,
} from "./atomic.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-atomic-"));
after(() => rmSync(folder, { recursive: true }));
let count = 0;
function fresh(): string {
  const path = join(folder, String(count++));
  mkdirSync(path);
  return path;
}

test("a file is replaced by its whole successor", async () => {
  const at = fresh();
  await writeTextAtomic(join(at, "a"), "first");
  await writeTextAtomic(join(at, "a"), "2nd");
  assert.equal(readFileSync(join(at, "a"), "utf8"), "2nd");
  assert.deepEqual(readdirSync(at), ["a"]);
});

test("a writer that throws leaves the earlier file and nothing else, and its error as it was", async () => {
  const at = fresh();
  await writeTextAtomic(join(at, "a"), "first");
  const error = new Error("mine");
  await assert.rejects(
    writeFileAtomic(join(at, "a"), async (file) => {
      await writeAll(file, Buffer.from("half"));
      throw error;
    }),
    (thrown) => thrown === error,
  );
  assert.equal(readFileSync(join(at, "a"), "utf8"), "first");
  assert.deepEqual(readdirSync(at), ["a"]);
});

test("a folder appears only when it is filled", async () => {
  const at = fresh();
  await writeFolderAtomic(join(at, "f"), async (temporary) => {
    assert.ok(!readdirSync(at).includes("f"));
    await writeTextAtomic(join(temporary, "x"), "1");
  });
  assert.deepEqual(readdirSync(join(at, "f")), ["x"]);

  await assert.rejects(
    writeFolderAtomic(join(at, "f"), async (temporary) => writeTextAtomic(join(temporary, "y"), "2")),
    /f: got a folder that exists \(ENOTEMPTY\) while writing; .*untouched/,
  );
  assert.deepEqual(readdirSync(at), ["f"]);
  assert.deepEqual(readdirSync(join(at, "f")), ["x"]);

  await removeFolderAtomic(join(at, "f"));
  assert.deepEqual(readdirSync(at), []);
});

test("an error inside a folder names the final place", async () => {
  const at = fresh();
  await assert.rejects(
    writeFolderAtomic(join(at, "f"), async (temporary) => writeTextAtomic(join(temporary, "no/x"), "2")),
    {
      fields: {
        code: "usage",
        where: join(at, "f", "no/x"),
        got: "no such folder (ENOENT) while writing",
        todo: "check the path; what was there before is untouched",
      },
    },
  );
});

test("leftovers of killed writers are removed, other hidden files are not", async () => {
  const at = fresh();
  mkdirSync(join(at, ".step-3.tmp-4711-2"));
  writeFileSync(join(at, ".step-3.tmp-4711-2", "x"), "");
  writeFileSync(join(at, ".best.json.tmp-4711-9"), "");
  writeFileSync(join(at, ".notes.tmp"), "");
  await removeStale(at);
  assert.deepEqual(readdirSync(at), [".notes.tmp"]);
});

test("a full device is the machine's failure", { skip: process.platform !== "linux" }, async () => {
  // /dev/full accepts the opening and refuses every byte.
  const { openAppend } = await import("./append.ts");
  const file = openAppend("/dev/full");
  assert.throws(() => file.append(Buffer.from("x")), {
    fields: {
      code: "backend",
      where: "/dev/full",
      got: "no space left on device (ENOSPC) while writing",
      todo: "free space and run again",
    },
    exitCode: 1,
  });
  file.close();
});
