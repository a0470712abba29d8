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

const steps = 12;

/** Starts meter-tiny in small; `more` are settings and flags. */
type Start = (out: string, ...more: string[]) => ReturnType<typeof bifocal>;

const run: Start = (out, ...more) => {
  const words = [...small, "train.accumulate=2", "--steps", `${steps}`, "--out", join(folder, out), ...more];
  return bifocal("train", "meter-tiny", ...words);
};

const world = (seed: number, ratio: number) =>
  `{data: {kind: emoji-world, seed: ${seed}, concepts: 8}, ratio: ${ratio}}`;

/** From two data sets, with a running mean, layer-wise rates, and one part that learns from step 4 on, another from step 7. */
const runWithStrategies: Start = (out, ...more) =>
  run(
    out,
    `data={kind: mixture, order: ratio, sources: [${world(7, 2)}, ${world(8, 1)}]}`,
    "train.ema={decay: 0.8}",
    "train.layerDecay=[{path: model.image, factor: 0.7}]",
    "train.freeze=[model.kinds, {path: model.image, until: 3}, {path: model.text, until: 6}]",
    ...more,
  );

async function finish(start: Start, out: string, ...more: string[]): Promise<string> {
  const { code, stderr } = await start(out, ...more).ended;
  assert.equal(code, 0, stderr);
  return sha256(join(folder, out, "model.safetensors"));
}

/** Number of the newest checkpoint, 0 before the first. */
function newest(out: string): number {
  const path = join(folder, out, "checkpoints");
  if (!existsSync(path)) return 0;
  return Math.max(0, ...readdirSync(path).map((name) => Number(/^step-(\d+)$/.exec(name)?.[1] ?? 0)));
}

/** Kills a run three times, each later than the one before, and finishes it. */
async function killAndFinish(start: Start, out: string): Promise<string> {
  const random = rng("resume test", out);
  // The first kill comes at any moment, most likely before there is a configuration or a checkpoint.
  const first = start(out, "--resume");
  await sleep(50 + random.uniform() * 1500);
  first.child.kill("SIGKILL");
  const kills = [(await first.ended).signal];
  for (let kill = 1; kill < 3; kill++) {
    const before = newest(out);
    const { child, ended } = start(out, "--resume");
    while (newest(out) === before && child.exitCode === null) await sleep(2);
    await sleep(random.uniform() * 15);
    child.kill("SIGKILL");
    kills.push((await ended).signal);
  }
  assert.deepEqual(kills, ["SIGKILL", "SIGKILL", "SIGKILL"], "the run was over before it was killed");
  assert.ok(newest(out) > 0 && newest(out) < steps, `killed at step ${newest(out)}`);
  return finish(start, out, "--resume");
}

for (const [what, start, name] of [
  ["a run", run, "plain"],
  [
    "a run whose parts begin to learn one after the other, with a running mean",
    runWithStrategies,
    "strategies",
  ],
] as const) {
  test(`${what}, killed three times and resumed, has the bits of one that was not`, async () => {
    const uninterrupted = await finish(start, `${name}-whole`);
    assert.equal(await killAndFinish(start, `${name}-killed`), uninterrupted);
    const checkpoint = (out: string, step: number, file: string) =>
      sha256(join(folder, `${name}-${out}`, "checkpoints", `step-${step}`, `${file}.safetensors`));
    assert.equal(checkpoint("killed", steps, "optimizer"), checkpoint("whole", steps, "optimizer"));
    assert.notEqual(
      checkpoint("killed", 10, "model"),
      uninterrupted,
      "training changes nothing: the test is void",
    );
  });
}

test("the same seed gives the same bits", async () => {
  assert.equal(await finish(run, "same"), sha256(join(folder, "plain-whole", "model.safetensors")));
});
