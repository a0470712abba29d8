/** What a run leaves behind when parts of it learn later, or when a running mean of its weights is kept. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readJsonl } from "#src/files/jsonl.ts";
import { openSafetensors } from "#src/files/safetensors.ts";
import { bifocal, small } from "./bifocal.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-strategies-"));
test.after(() => rmSync(folder, { recursive: true }));

/** Trains 6 steps with a checkpoint after each; returns a tensor of a step's checkpoint. */
async function trained(name: string, ...settings: string[]) {
  const out = join(folder, name);
  const often = [
    "train.checkpoint={every: 1, keep: 9}",
    "train.schedule={kind: constant, warmupSteps: 0, end: 1, power: 1}",
  ];
  const words = [...small, ...often, ...settings, "--steps", "6", "--out", out];
  const { code, stderr } = await bifocal("train", "meter-tiny", ...words).ended;
  assert.equal(code, 0, stderr);
  const tensor = async (step: number, file: "model" | "optimizer", tensorName: string) => {
    const opened = await openSafetensors(join(out, "checkpoints", `step-${step}`, `${file}.safetensors`));
    try {
      return await opened.read(tensorName);
    } finally {
      await opened.close();
    }
  };
  const lr = async () => {
    const { records } = await readJsonl(join(out, "metrics.jsonl"));
    return records.flatMap(({ step, lr: rate }) => (rate === undefined ? [] : [[step, rate]]));
  };
  return { tensor, stderr, lr };
}

const patches = "model.image.patches.weight";
const words = "model.text.embedding.words";

test("what is frozen for a time keeps its bits until then, and learns from there on with fresh moments", async () => {
  const { tensor, stderr } = await trained("late", "train.freeze=[{path: model.image, until: 3}]");
  assert.match(stderr, /^step 4: model\.image learns from here on$/m);
  const weights = await Promise.all([1, 3, 4].map((step) => tensor(step, "model", patches)));
  assert.deepEqual(weights[1], weights[0]);
  assert.notDeepEqual(weights[2], weights[1]);
  const moments = await Promise.all([3, 4].map((step) => tensor(step, "optimizer", `first.${patches}`)));
  assert.ok(moments[0]!.every((value) => value === 0));
  assert.ok(moments[1]!.some((value) => value !== 0));
  assert.notDeepEqual(await tensor(1, "model", words), await tensor(3, "model", words));
});

test("the stored model is the running mean; the weights beside it are those of a run without one", async () => {
  const plain = await trained("plain");
  const averaged = await trained("averaged", "train.ema={decay: 0.75}");
  let mean: number[] | undefined;
  for (let step = 1; step <= 6; step++) {
    const weights = await plain.tensor(step, "model", patches);
    assert.deepEqual(await averaged.tensor(step, "optimizer", `weight.${patches}`), weights);
    const stored = await averaged.tensor(step, "model", patches);
    if (mean !== undefined) {
      mean = mean.map((value, i) => 0.75 * value + 0.25 * weights[i]!);
      assert.ok(
        mean.every((value, i) => Math.abs(value - stored[i]!) < 1e-6),
        `step ${step}`,
      );
    }
    mean ??= Array.from(stored);
    assert.notDeepEqual(stored, weights);
  }
});

test("what is computed again instead of being kept is the same to the bit, dropout too", async () => {
  const dropping = ["image", "text", "fusion"].map((part) => `model.${part}.dropout=0.2`);
  const kept = await trained("kept", ...dropping);
  const again = await trained("again", ...dropping, "--recompute", "blocks");
  for (const name of [patches, words])
    assert.deepEqual(await again.tensor(6, "model", name), await kept.tensor(6, "model", name));
});

test("accumulated passes neither bend the schedule nor count as steps", async () => {
  const falling = "train.schedule={kind: cosine, warmupSteps: 2, end: 0.1, power: 1}";
  const once = await trained("once", falling, "train.batch=4");
  const twice = await trained("twice", falling, "train.batch=2", "train.accumulate=2");
  const rates = await Promise.all([once, twice].map(({ lr }) => lr()));
  assert.equal(rates[0]!.length, 2); // the first and the last step are logged
  assert.deepEqual(rates[1], rates[0]);
});
