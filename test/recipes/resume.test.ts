import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { rng } from "#src/core/rng.ts";
import { bifocal, sha256, small } from "./bifocal.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-resume-"));
test.after(() => rmSync(folder, { recursive: true }));

const run = (out: string, ...more: string[]) => {
  const words = [...small, "train.accumulate=2", "--steps", "12", "--out", join(folder, out), ...more];
  return bifocal("train", "meter-tiny", ...words);
};

async function finish(out: string, ...more: string[]): Promise<string> {
  const { code, stderr } = await run(out, ...more).ended;
  assert.equal(code, 0, stderr);
  return sha256(join(folder, out, "model.safetensors"));
}

/** Number of the newest checkpoint, 0 before the first. */
function newest(out: string): number {
  const path = join(folder, out, "checkpoints");
  if (!existsSync(path)) return 0;
  return Math.max(0, ...readdirSync(path).map((name) => Number(/^step-(\d+)$/.exec(name)?.[1] ?? 0)));
}

test("a run killed three times and resumed has the bits of one that was not", async () => {
  const uninterrupted = await finish("whole");
  const random = rng("resume test");

  // The first kill comes at any moment, most likely before there is a configuration or a checkpoint.
  const first = run("killed", "--resume");
  await sleep(50 + random.uniform() * 1500);
  first.child.kill("SIGKILL");
  const kills = [(await first.ended).signal];
  for (let kill = 1; kill < 3; kill++) {
    const before = newest("killed");
    const { child, ended } = run("killed", "--resume");
    while (newest("killed") === before && child.exitCode === null) await sleep(2);
    await sleep(random.uniform() * 15);
    child.kill("SIGKILL");
    kills.push((await ended).signal);
  }
  assert.deepEqual(kills, ["SIGKILL", "SIGKILL", "SIGKILL"], "the run was over before it was killed");
  assert.ok(newest("killed") > 0 && newest("killed") < 12, `killed at step ${newest("killed")}`);

  assert.equal(await finish("killed", "--resume"), uninterrupted);
  const earlier = join(folder, "killed", "checkpoints", "step-10", "model.safetensors");
  assert.notEqual(sha256(earlier), uninterrupted, "training changes nothing: the test is void");
});

test("the same seed gives the same bits", async () => {
  assert.equal(await finish("same"), sha256(join(folder, "whole", "model.safetensors")));
});
