import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readJsonl } from "../files/jsonl.ts";
import { metricsPath } from "../files/run-folder.ts";
import { openLog } from "./log.ts";

test("a log continued at a checkpoint takes back what the killed run wrote beyond it", async () => {
  const path = await mkdtemp(join(tmpdir(), "bifocal-log-"));
  try {
    const run = { path, config: {} };
    const first = await openLog(run, 0);
    for (const step of [1, 10, 20, 30]) first.record(step, { "train/loss": 100 - step });
    first.close();
    const second = await openLog(run, 20);
    second.record(30, { "train/loss": 7 });
    second.close();
    const { records } = await readJsonl(metricsPath(run));
    assert.deepEqual(
      records.map((record) => [record.step, record["train/loss"]]),
      [
        [1, 99],
        [10, 90],
        [20, 80],
        [30, 7],
      ],
    );
    const events = (await readdir(path)).filter((name) => name.startsWith("events.out.tfevents."));
    assert.ok(events.length >= 1);
  } finally {
    await rm(path, { recursive: true });
  }
});
