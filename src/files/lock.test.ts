import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { takeLock } from "./lock.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-lock-"));
after(() => rmSync(folder, { recursive: true }));
const path = join(folder, "lock");

test("a lock is held until it is released", async () => {
  const release = await takeLock(path);
  await assert.rejects(takeLock(path), {
    fields: {
      code: "usage",
      where: path,
      expected: "a folder no other process writes",
      got: `a lock of process ${process.pid} on ${hostname()}`,
      todo: "wait for it, stop it, or choose another folder",
    },
  });
  await release();
  assert.ok(!existsSync(path));
});

test("the lock of a dead process is taken over, also when its number lives again", async () => {
  const dead = spawnSync(process.execPath, ["-e", ""]).pid;
  const stale = [
    JSON.stringify({ pid: dead, host: hostname(), started: "1" }),
    JSON.stringify({ pid: process.pid, host: hostname(), started: "before us" }),
    "", // killed between creating and writing it
  ];
  for (const text of stale) {
    writeFileSync(path, text);
    const release = await takeLock(path);
    assert.equal(JSON.parse(readFileSync(path, "utf8")).pid, process.pid);
    await release();
  }
});

test("a lock of another machine cannot be judged", async () => {
  writeFileSync(path, JSON.stringify({ pid: 1, host: "elsewhere", started: "1" }));
  await assert.rejects(takeLock(path), /a lock of process 1 on elsewhere; .*delete the lock file/);
  rmSync(path);
});
