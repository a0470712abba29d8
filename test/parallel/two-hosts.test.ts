/** Ranks on two hosts that share nothing but a cable: the curve of one process, and what ends a run. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Ended, main, type Started, small, start } from "../recipes/bifocal.ts";
import { assertSameCurve } from "./curves.ts";
import { type TwoHosts, twoHosts, withoutHosts } from "./two-hosts.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-hosts-"));
test.after(() => rmSync(folder, { recursive: true }));

const settings = [...small.filter((setting) => !setting.startsWith("model.fusion")), "train.batch=12"];

const words = (out: string, more: readonly string[]) =>
  [
    process.execPath,
    main,
    "train",
    "dual-encoder-tiny",
    ...settings,
    "--out",
    join(folder, out),
    ...more,
  ] as const;

/** As torchrun does; `hostOf[rank]` is where that rank runs. */
function startRanks(hosts: TwoHosts, hostOf: readonly (0 | 1)[], out: string, ...more: string[]): Started[] {
  return hostOf.map((host, rank) => {
    const local = hostOf.slice(0, rank).filter((other) => other === host).length;
    return hosts.start(host, words(out, more), {
      RANK: `${rank}`,
      WORLD_SIZE: `${hostOf.length}`,
      LOCAL_RANK: `${local}`,
      MASTER_ADDR: "10.77.0.1",
      MASTER_PORT: "29500",
      BIFOCAL_THREADS: "1",
    });
  });
}

async function untilStep(out: string, step: number, ranks: readonly Started[]): Promise<void> {
  while (!existsSync(join(folder, out, "checkpoints", `step-${step}`))) {
    const early = ranks.find(({ child }) => child.exitCode !== null);
    if (early !== undefined) assert.fail((await early.ended).stderr);
    await sleep(20);
  }
}

async function allEnded(ranks: readonly Started[]): Promise<{ ends: readonly Ended[]; seconds: number }> {
  const began = performance.now();
  const ends = await Promise.all(ranks.map(({ ended }) => ended));
  return { ends, seconds: (performance.now() - began) / 1000 };
}

test("two hosts", { skip: withoutHosts() }, async (t) => {
  const hosts = await twoHosts();
  t.after(hosts.close);

  await t.test("of two ranks each have the loss curve of one process", async () => {
    const { ends } = await allEnded([
      start(words("one", ["train.steps=6"])),
      ...startRanks(hosts, [0, 0, 1, 1], "four", "train.steps=6"),
    ]);
    for (const { code, stderr } of ends) assert.equal(code, 0, stderr);
    assertSameCurve(join(folder, "four"), join(folder, "one"), 1e-5);
  });

  await t.test("end together when a rank is killed on one of them", async () => {
    const ranks = startRanks(hosts, [0, 1, 1], "ended", "train.steps=2000");
    await untilStep("ended", 4, ranks);
    ranks[2]!.child.kill("SIGKILL");
    const { ends, seconds } = await allEnded(ranks);
    assert.ok(seconds < 10, `${seconds} s`);
    for (const { code, stderr } of ends.slice(0, 2)) {
      assert.equal(code, 1, stderr);
      assert.match(
        stderr,
        /rank 2 at 10\.77\.0\.2: expected all ranks until the end .* it was killed or lost/,
      );
    }
  });

  await t.test("end when the other one is gone without a word; the run goes on, on other ranks", async () => {
    const ranks = startRanks(hosts, [0, 1], "ended", "train.steps=2000", "--resume");
    await untilStep("ended", 20, ranks);
    hosts.cut();
    const { ends, seconds } = await allEnded(ranks);
    assert.ok(seconds < 30, `${seconds} s`);
    for (const { code, stderr } of ends) {
      assert.equal(code, 1, stderr);
      assert.match(stderr, /without a reason: its host no longer answers/);
    }
  });
});
