/** A recipe in small learns within seconds: from data and workers to optimizer and log. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { defaultBackend } from "#src/backends/default.ts";
import { readJsonl } from "#src/files/jsonl.ts";
import { meterTiny } from "#src/recipes/meter-tiny.ts";
import { configOf } from "#src/recipes/recipe.ts";
import type { RunConfig } from "#src/train/config.ts";
import { train } from "#src/train/trainer.ts";

const small = { width: 16, heads: 2, hidden: 32, depth: 1 };
const tiny = configOf(meterTiny);
assert.ok(tiny.model.kind === "meter" && tiny.model.image.kind === "vit" && tiny.model.text.kind === "bert");
const config: RunConfig = {
  ...tiny,
  model: {
    ...tiny.model,
    std: 0.2,
    image: { ...tiny.model.image, ...small, imageSize: 16, patch: 8 },
    text: { ...tiny.model.text, ...small },
    fusion: { ...tiny.model.fusion, ...small },
  },
  train: {
    ...tiny.train,
    steps: 40,
    batch: 8,
    optimizer: { ...tiny.train.optimizer, lr: 1e-2 },
    schedule: { ...tiny.train.schedule, warmupSteps: 4 },
    validation: { every: 40, batches: 1 },
    checkpoint: { every: 40, keep: 1 },
  },
};

test("pretraining makes masked words likelier, and the log tells", async () => {
  const folder = await mkdtemp(join(tmpdir(), "bifocal-learns-"));
  try {
    const out = join(folder, "run");
    const options = { resume: false, from: undefined, backend: defaultBackend };
    const result = await train({ config, out, signal: new AbortController().signal, ...options });
    assert.ok(result.finished);
    const { records } = await readJsonl(join(out, "metrics.jsonl"));
    const lines = records.filter((record) => "train/loss" in record) as Record<string, number>[];
    const [first, last] = [lines[0]!, lines.at(-1)!];
    assert.deepEqual([first.step, last.step], [1, 40]);
    const ratio = (name: string) => last[name]! / first[name]!;
    assert.ok(ratio("train/loss") < 0.85, `loss fell to ${ratio("train/loss")} of what it was`);
    assert.ok(ratio("train/mlm/loss") < 0.75, `mlm/loss fell to ${ratio("train/mlm/loss")} of what it was`);
  } finally {
    await rm(folder, { recursive: true });
  }
});
