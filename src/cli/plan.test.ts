import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("./main.js", import.meta.url));

function plan(...words: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, "plan", ...words], {
    encoding: "utf8",
  });
  assert.deepEqual([status, stderr], [0, ""]);
  return stdout;
}

test("plan --json tells parameters, operations and memory of METER-base", () => {
  const planned = JSON.parse(plan("meter-base", "--json", "train.accumulate=1"));
  assert.equal(planned.recipe, "meter-base");
  assert.equal(planned.batch, 8);
  const { parameters, flopsPerSample, memory } = planned;
  // Dou et al. 2022 (arXiv:2111.02387) count 319 M.
  assert.equal(Math.round(parameters.withoutHeads / 1e6), 319);
  assert.equal(parameters.byPart["model.text"], 124_645_632 - 768 * 769);
  assert.deepEqual(Object.keys(memory), ["parameters", "gradients", "moments", "activations", "total"]);
  assert.equal(memory.gradients, 4 * parameters.trainable);
  // Eleven of the twelve blocks of ViT-B/16, which takes 35.1 GFLOP.
  assert.ok(Math.abs(flopsPerSample.byPart["model.image"].forward / 32.2e9 - 1) < 0.01);
});

test("plan prints a table, and settings change it", () => {
  const lines = plan("meter-tiny", "--set", "model.fusion.depth=1", "train.batch=3").split("\n");
  assert.match(lines[0]!, /^part +parameters +FLOPs forward +FLOPs step$/);
  const fusion = lines.find((line) => line.startsWith("model.fusion"));
  assert.match(fusion!, /^model\.fusion +\d+ k +[\d.]+ M +[\d.]+ M$/);
  assert.ok(lines.some((line) => /^memory +batch 3$/.test(line)));
  assert.ok(lines.some((line) => /^activations +[\d.]+ MB$/.test(line)));
});
