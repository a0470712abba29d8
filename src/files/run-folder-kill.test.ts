/**
 * Real kills and real full disks: this file runs itself as the trainer that is killed ("writer") or whose disk is
 * full ("filler").
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { BifocalError, foldKey, rng } from "../core/index.ts";
import { openAppend } from "./append.ts";
import {
  createRunFolder,
  latestCheckpoint,
  loadCheckpoint,
  openRunFolder,
  recordBest,
  resumeRunFolder,
  saveCheckpoint,
} from "./run-folder.ts";
import type { NamedTensor } from "./safetensors.ts";

/** Every element is a function of (step, name, index), so that a mixture of two steps is noticed. */
function tensorAt(step: number, name: string, length: number): NamedTensor {
  const key = foldKey(step, name);
  return { name, dtype: "i32", shape: [length], data: Int32Array.from({ length }, (_, i) => (key + i) | 0) };
}
const modelAt = (step: number) => [tensorAt(step, "a", 20_011), tensorAt(step, "b", 3)];
const optimizerAt = (step: number) => [tensorAt(step, "a.m", 20_011), tensorAt(step, "a.v", 20_011)];

async function saveForever(path: string): Promise<never> {
  const run = await resumeRunFolder(path);
  for (let step = ((await latestCheckpoint(run)) ?? 0) + 1; ; step++) {
    const contents = { model: modelAt(step), optimizer: optimizerAt(step), state: { step } };
    await saveCheckpoint(run, step, contents, 2);
    if (step % 3 === 0) await recordBest(run, { step, metric: "accuracy", value: step });
    process.stdout.write(`${step}\n`);
  }
}

async function saveUntilFull(path: string): Promise<void> {
  const run = await createRunFolder(path, {});
  try {
    for (const [step, length] of [
      [1, 500],
      [2, 1_000_000],
    ] as const) {
      const contents = { model: [tensorAt(step, "a", length)], optimizer: [], state: { step } };
      await saveCheckpoint(run, step, contents, 2);
    }
  } catch (error) {
    if (!(error instanceof BifocalError)) throw error;
    const left = readdirSync(join(path, "checkpoints"));
    const { model, state } = await loadCheckpoint(run, 1);
    const whole = Buffer.from((await model.read("a")).buffer).equals(
      Buffer.from(tensorAt(1, "a", 500).data.buffer),
    );
    const torn = appendUntilFull(join(path, "log"), 300_007);
    console.log(JSON.stringify({ fields: error.fields, exitCode: error.exitCode, left, whole, state, torn }));
  }
}

/** Bytes that a record which found no room has left behind. */
function appendUntilFull(path: string, length: number): number {
  const file = openAppend(path);
  try {
    for (;;) file.append(new Uint8Array(length));
  } catch (error) {
    if (!(error instanceof BifocalError)) throw error;
    return statSync(path).size % length;
  }
}

/** Compares the newest checkpoint with what its step must hold; the step, or 0 before the first. */
async function verifyLatest(path: string): Promise<number> {
  const run = await openRunFolder(path);
  const step = await latestCheckpoint(run);
  if (step === undefined) return 0;
  const checkpoint = await loadCheckpoint(run, step);
  assert.deepEqual(checkpoint.state, { step });
  for (const [file, expected] of [
    [checkpoint.model, modelAt(step)],
    [checkpoint.optimizer, optimizerAt(step)],
  ] as const) {
    assert.equal(file.tensors.size, expected.length);
    for (const { name, data } of expected) assert.deepEqual(await file.read(name), data);
    await file.close();
  }
  return step;
}

function started(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout?.once("data", () => resolve());
    child.once("exit", (code) => reject(new Error(`the writer ended by itself with ${code}`)));
  });
}

async function killRepeatedly(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "bifocal-kill-"));
  const path = join(folder, "run");
  await (await createRunFolder(path, {})).release();
  const random = rng("kill");
  let before = 0;
  let leftovers = 0;
  for (let kill = 0; kill < 12; kill++) {
    const child = spawn(process.execPath, [import.meta.filename, "writer", path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = new Promise((resolve) => child.once("exit", (_code, signal) => resolve(signal)));
    await started(child);
    await sleep(random.uniform() * 60);
    if (kill === 0)
      await assert.rejects(resumeRunFolder(path), new RegExp(`a lock of process ${child.pid} `));
    child.kill("SIGKILL");
    assert.equal(await ended, "SIGKILL");

    leftovers += readdirSync(join(path, "checkpoints")).filter((name) => name.startsWith(".")).length;
    const step = await verifyLatest(path);
    assert.ok(step > before, `step ${step} after ${before}`);
    before = step;
  }
  const run = await resumeRunFolder(path);
  const names = [...readdirSync(path), ...readdirSync(join(path, "checkpoints"))];
  assert.deepEqual(
    names.filter((name) => name.startsWith(".")),
    [],
  );
  await run.release();
  rmSync(folder, { recursive: true });
  assert.ok(leftovers > 0, "no kill came while a checkpoint was being written: the test proves nothing");
}

function assertFull(output: string, path: string, reason: string, todo: string): void {
  const { fields, exitCode, left, whole, state, torn } = JSON.parse(output);
  assert.deepEqual(fields, {
    code: "backend",
    where: join(path, "checkpoints/step-2/model.safetensors"),
    got: `${reason} while writing`,
    todo: `${todo}; what was there before is untouched; --resume continues from step-1`,
  });
  assert.equal(exitCode, 1);
  assert.deepEqual({ left, whole, state }, { left: ["step-1"], whole: true, state: { step: 1 } });
  assert.equal(torn, 0);
}

const [, , role, path = ""] = process.argv;
if (role === "writer") await saveForever(path);
else if (role === "filler") await saveUntilFull(path);
else {
  test("whenever a trainer is killed, its newest checkpoint is whole", killRepeatedly);

  test("a file size limit ends a checkpoint, not the one before", {
    skip: process.platform === "win32",
  }, () => {
    const folder = mkdtempSync(join(tmpdir(), "bifocal-limit-"));
    const path = join(folder, "run");
    const shell = spawnSync("sh", [
      "-c",
      'ulimit -f 1024 && exec "$@"',
      "sh",
      process.execPath,
      import.meta.filename,
      "filler",
      path,
    ]);
    assert.equal(shell.stderr.toString(), "");
    assertFull(
      shell.stdout.toString(),
      path,
      "file size limit reached (EFBIG)",
      "raise the limit (ulimit -f) and run again",
    );
    rmSync(folder, { recursive: true });
  });

  test("a full disk ends a checkpoint, not the one before", (t) => {
    const folder = mkdtempSync(join(tmpdir(), "bifocal-full-"));
    const path = join(folder, "run");
    // A file system of 1 MiB in a mount namespace of its own, which needs no root where user namespaces are allowed.
    const inNamespace = (...command: string[]) =>
      spawnSync("unshare", [
        "-rm",
        "sh",
        "-c",
        `mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"`,
        folder,
        ...command,
      ]);
    if (inNamespace("true").status !== 0) return t.skip("this system allows no private mounts");
    const filler = inNamespace(process.execPath, import.meta.filename, "filler", path);
    assert.equal(filler.stderr.toString(), "");
    assertFull(
      filler.stdout.toString(),
      path,
      "no space left on device (ENOSPC)",
      "free space and run again",
    );
    rmSync(folder, { recursive: true });
  });
}
