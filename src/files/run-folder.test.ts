import assert from "node:assert/strict";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  bestCheckpoint,
  checkpointPath,
  checkpointSteps,
  createRunFolder,
  latestCheckpoint,
  loadCheckpoint,
  openRunFolder,
  recordBest,
  resumeRunFolder,
  saveCheckpoint,
  saveModel,
  saveTokenizer,
} from "./run-folder.ts";
import type { NamedTensor } from "./safetensors.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-run-"));
after(() => rmSync(folder, { recursive: true }));
let count = 0;
const fresh = () => join(folder, `runs/${count++}`);

const tensor = (name: string, ...values: number[]): NamedTensor => ({
  name,
  dtype: "f32",
  shape: [values.length],
  data: Float32Array.from(values),
});
const contents = (step: number) => ({
  model: [tensor("w", step, -step)],
  optimizer: [tensor("w.m", step, 0, 1), tensor("w.v", step)],
  state: { step, epoch: { index: 3 } },
});

test("a checkpoint holds what was saved, and the newest is the one to resume from", async () => {
  const run = await createRunFolder(fresh(), { seed: 7 });
  assert.equal(await latestCheckpoint(run), undefined);
  // as strings "9" > "10"
  for (const step of [9, 10]) await saveCheckpoint(run, step, contents(step), 2);
  await run.release();

  const read = await openRunFolder(run.path);
  assert.deepEqual(read.config, { seed: 7 });
  assert.equal(await latestCheckpoint(read), 10);
  const { step, model, optimizer, state } = await loadCheckpoint(read, 10);
  assert.equal(step, 10);
  assert.deepEqual(state, { step: 10, epoch: { index: 3 } });
  assert.deepEqual(await model.read("w"), Float32Array.of(10, -10));
  assert.deepEqual([...optimizer.tensors.keys()], ["w.m", "w.v"]);
  assert.deepEqual(await optimizer.read("w.m"), Float32Array.of(10, 0, 1));
  await model.close();
  await optimizer.close();
});

test("rotation keeps the newest and the best", async () => {
  const run = await createRunFolder(fresh(), {});
  const left: number[][] = [];
  for (const step of [10, 20, 30, 40, 50]) {
    await saveCheckpoint(run, step, contents(step), 2);
    if (step === 20 || step === 50) await recordBest(run, { step, metric: "accuracy", value: step / 100 });
    left.push(await checkpointSteps(run));
  }
  assert.deepEqual(left, [[10], [10, 20], [20, 30], [20, 30, 40], [20, 40, 50]]);
  await saveCheckpoint(run, 60, contents(60), 2);
  assert.deepEqual(await checkpointSteps(run), [50, 60]);
  const notJson = { ...contents(70), state: { loss: Number.NaN } };
  await assert.rejects(saveCheckpoint(run, 70, notJson, 2), /bug in bifocal: loss of .* is NaN/);
  assert.deepEqual(await bestCheckpoint(run), { step: 50, metric: "accuracy", value: 0.5 });
  await assert.rejects(recordBest(run, { step: 20, metric: "accuracy", value: 1 }), /bug in bifocal/);
  await assert.rejects(saveCheckpoint(run, 60, contents(60), 2), /bug in bifocal: checkpoint 60 after 60/);
  await run.release();
});

test("a new run does not start in a folder with something in it", async () => {
  const path = fresh();
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "thesis.tex"), "");
  await assert.rejects(createRunFolder(path, {}), {
    message: `${path}: expected a new or empty folder for a new run, got a folder with thesis.tex; choose another --out`,
    exitCode: 2,
  });
  assert.deepEqual(readdirSync(path), ["thesis.tex"]);

  await assert.rejects(resumeRunFolder(path), /expected a run folder, got no config.json in it/);
  await assert.rejects(openRunFolder(join(path, "nowhere")), /expected a run folder/);
  await assert.rejects(createRunFolder(join(path, "thesis.tex", "x"), {}), {
    name: "BifocalError",
    exitCode: 2,
  });
});

test("two trainers do not write one folder, a reader may look in", async () => {
  const run = await createRunFolder(fresh(), { seed: 1 });
  await assert.rejects(resumeRunFolder(run.path), /a lock of process \d+/);
  await assert.rejects(createRunFolder(run.path, {}), /a lock of process \d+/);
  assert.deepEqual((await openRunFolder(run.path)).config, { seed: 1 });
  await run.release();
  const resumed = await resumeRunFolder(run.path);
  await resumed.release();
});

test("half a checkpoint of a killed trainer is never seen and is deleted on resuming", async () => {
  const run = await createRunFolder(fresh(), {});
  await saveCheckpoint(run, 5, contents(5), 3);
  mkdirSync(join(run.path, "checkpoints", ".step-6.tmp-4711-1"));
  writeFileSync(join(run.path, ".best.json.tmp-4711-2"), "{");
  await run.release();
  assert.equal(await latestCheckpoint(run), 5);
  const resumed = await resumeRunFolder(run.path);
  assert.deepEqual(readdirSync(join(run.path, "checkpoints")), ["step-5"]);
  assert.deepEqual(readdirSync(run.path).sort(), ["checkpoints", "config.json", "lock"]);
  await resumed.release();
});

test("a run killed before its first line can be created again", async () => {
  const path = fresh();
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "lock"), "");
  writeFileSync(join(path, ".config.json.tmp-4711-1"), "{");
  const run = await createRunFolder(path, { seed: 2 });
  await run.release();
  assert.deepEqual(readdirSync(path).sort(), ["checkpoints", "config.json"]);
});

test("a damaged checkpoint names its file and the others", async () => {
  const run = await createRunFolder(fresh(), {});
  for (const step of [1, 2]) await saveCheckpoint(run, step, contents(step), 2);
  await run.release();
  const damaged = join(checkpointPath(run, 2), "optimizer.safetensors");
  truncateSync(damaged, 100);
  await assert.rejects(loadCheckpoint(run, 2), (error: Error) => {
    assert.ok(error.message.startsWith(damaged), error.message);
    assert.match(error.message, /; delete .*step-2 to use another one \(steps 1\)$/);
    return true;
  });
  await assert.rejects(loadCheckpoint(run, 3), /step-3: .*choose one of the steps 1, 2$/);
});

test("the finished model and the tokenizer lie at the root", async () => {
  const run = await createRunFolder(fresh(), {});
  await saveTokenizer(run, '{"version":"1.0"}');
  await saveModel(run, [tensor("w", 1, 2, 3)]);
  await run.release();
  assert.equal(readFileSync(join(run.path, "tokenizer.json"), "utf8"), '{"version":"1.0"}');
  assert.equal(readFileSync(join(run.path, "model.safetensors")).subarray(-4).readFloatLE(), 3);
});
