/** Whole runs on several ranks of this process: loss curves, checkpoints, resuming, and what is refused. */
import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { defaultBackend } from "#src/backends/default.ts";
import { resolveRecipe } from "#src/recipes/resolve.ts";
import { type TrainResult, train } from "#src/train/trainer.ts";
import { bifocal, sha256, small } from "../recipes/bifocal.ts";
import { assertSameCurve, linesOf } from "./curves.ts";
import { asRanks } from "./ranks.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-parallel-"));
test.after(() => rmSync(folder, { recursive: true }));

const settings = [
  ...small,
  "train.batch=8",
  "train.accumulate=2",
  "train.steps=8",
  "train.validation={every: 4, batches: 3}",
  "task.itm.negatives=hard",
  "train.freeze=[{path: model.text, until: 3}]",
];

async function run(out: string, size: number, resume = false) {
  const { runs } = await resolveRecipe("meter-tiny", settings);
  return asRanks(size, async (ranks) => {
    const { signal } = new AbortController();
    const options = { out: join(folder, out), resume, from: undefined, backend: defaultBackend, signal };
    try {
      const result: TrainResult = await train({ ...options, config: runs[0]!, ranks });
      await ranks.close();
      return result;
    } catch (error) {
      await ranks.abandon((error as Error).message);
      throw error;
    }
  });
}

test("two ranks have the loss curve of one process, which goes on where they were cut off", async (t) => {
  const [one] = await run("one", 1);
  const results = await run("two", 2);
  assert.deepEqual(
    results.map(({ steps, finished, best }) => ({ steps, finished, best })),
    results.map(() => ({ steps: 8, finished: true, best: results[0]!.best })),
  );
  assert.equal(results[0]!.parameters, one!.parameters);
  assertSameCurve(join(folder, "two"), join(folder, "one"), 1e-5);

  cpSync(join(folder, "two"), join(folder, "cut"), { recursive: true });
  rmSync(join(folder, "cut", "model.safetensors"));
  rmSync(join(folder, "cut", "checkpoints", "step-8"), { recursive: true });
  const [resumed] = await run("cut", 1, true);
  assert.ok(resumed!.before > 0 && resumed!.before < 8);
  assertSameCurve(join(folder, "cut"), join(folder, "one"), 1e-5);
  const last = (out: string) =>
    linesOf(join(folder, out)).findLast((line) => "train/loss" in line)!["train/loss"]!;
  t.diagnostic(`loss of the last step: ${last("one")}, on two ranks ${last("two")}, cut off ${last("cut")}`);
});

test("a rank that is killed ends the run with its reason, and the run goes on to the same bits", async () => {
  const words = (more: readonly string[]) => [
    ...["launch", "-n", "2", "--by", "sockets", "train", "meter-tiny", ...settings],
    ...["--out", join(folder, "killed"), ...more],
  ];
  const { child, ended } = bifocal(...words([]));
  while (!existsSync(join(folder, "killed", "checkpoints", "step-2")) && child.exitCode === null)
    await sleep(20);
  process.kill(rankOf(child.pid!, 1), "SIGKILL");
  const killed = performance.now();
  const { code, stderr } = await ended;
  assert.equal(code, 137, stderr);
  assert.match(stderr, /rank 1 was killed by SIGKILL/);
  assert.ok(performance.now() - killed < 30_000, "the other rank was waited for");
  const resumed = await bifocal(...words(["--resume", "--json"])).ended;
  assert.equal(resumed.code, 0, resumed.stderr);
  const { steps, before } = JSON.parse(resumed.stdout) as TrainResult;
  assert.ok(before > 0 && before < 8 && steps === 8);
  const model = (out: string) => sha256(join(folder, out, "model.safetensors"));
  assert.equal(model("killed"), model("two"));
});

/** The process of a rank among the launcher's, by the variable it was given. */
function rankOf(launcher: number, rank: number): number {
  const children = readFileSync(`/proc/${launcher}/task/${launcher}/children`, "utf8").trim().split(" ");
  const isRank = (pid: string) =>
    readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(`RANK=${rank}`);
  return Number(children.find(isRank));
}

test("a batch that cannot be shared out is refused on every rank", async () => {
  await assert.rejects(
    run("odd", 3),
    /train\.batch: expected a multiple of 3, the number of ranks, got 8; start another number/,
  );
});
