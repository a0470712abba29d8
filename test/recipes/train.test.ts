import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { onnxBackend } from "#src/backends/onnx/index.ts";
import { bifocal, sha256, small } from "./bifocal.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-train-"));
test.after(() => rmSync(folder, { recursive: true }));

const done = join(folder, "done");
const train = (...words: string[]) => bifocal("train", "meter-tiny", ...small, ...words);

test("a few steps fill a run folder and end with a summary", async () => {
  const { code, stdout, stderr } = await train("--steps", "3", "--out", done, "--json").ended;
  assert.equal(code, 0, stderr);
  const result = JSON.parse(stdout) as Record<string, unknown>;
  const { steps, before, finished, path } = result;
  assert.deepEqual({ steps, before, finished, path }, { steps: 3, before: 0, finished: true, path: done });
  assert.deepEqual(Object.keys(result.best as object), ["step", "metric", "value"]);
  const { environment } = onnxBackend;
  assert.deepEqual(result.computed, [{ fromStep: 0, ...environment }]);
  for (const name of ["seconds", "samplesPerSecond", "waiting", "parameters"]) {
    assert.ok(Number.isFinite(result[name]), name);
  }
  assert.match(stderr, /^step 3\/3 .* samples\/s/m);
  const names = [
    "best.json",
    "checkpoints",
    "config.json",
    "environment.json",
    "metrics.jsonl",
    "model.safetensors",
    "tokenizer.json",
  ];
  assert.deepEqual(
    readdirSync(done)
      .filter((name) => !name.startsWith("events.out."))
      .sort(),
    names,
  );
});

test("a run that is there is not overwritten, and continued only as what it is", async () => {
  const again = await train("--steps", "3", "--out", done).ended;
  assert.equal(again.code, 2);
  assert.match(
    again.stderr,
    /^error: .*expected a new or empty folder .* with --resume or choose another --out$/m,
  );

  const finished = await train("--steps", "3", "--out", done, "--resume").ended;
  assert.deepEqual([finished.code, finished.stdout], [0, `${done}: finished already, 3 steps\n`]);

  const other = await train("--steps", "4", "train.seed=9", "--out", done, "--resume").ended;
  assert.equal(other.code, 2);
  assert.match(
    other.stderr,
    /^ {2}train\.seed: 1 in the run, 9 given\n {2}train\.steps: 3 in the run, 4 given$/m,
  );
});

test("a damaged checkpoint is named, with what to do", async () => {
  const out = join(folder, "damaged");
  cpSync(done, out, { recursive: true });
  rmSync(join(out, "model.safetensors")); // as if the run had not finished
  truncateSync(join(out, "checkpoints/step-3/optimizer.safetensors"), 300);
  const { code, stdout, stderr } = await train("--steps", "3", "--out", out, "--resume", "--json").ended;
  assert.equal(code, 2, stderr);
  const { error } = JSON.parse(stdout) as { error: Record<string, string> };
  assert.equal(error.code, "checkpoint");
  assert.equal(error.where, join(out, "checkpoints/step-3/optimizer.safetensors"));
  assert.match(error.todo!, /^delete .*step-3 to use another one \(steps 2\)$/);
});

test("a start that fails says why in one message and leaves no run behind", async () => {
  const out = join(folder, "failed");
  const failures: [string, string[], RegExp][] = [
    [
      "a text that does not fit",
      ["train.textLength=4"],
      /text ".*": expected at most 4 tokens, got \d+; raise/,
    ],
    ["a run that is not there", ["--from", "nowhere"], /nowhere: expected a finished run/],
    [
      "a run of another model",
      ["--from", done, "model.fusion.kind=merged-attention"],
      /missing \(\d+\):\n {2}model\.fusion\.blocks.*[\s\S]*unexpected \(\d+\):\n {2}model\.fusion\.words/,
    ],
    [
      "a path that is no parameter",
      ["train.freeze=[model.imag]"],
      /train\.freeze: .*did you mean model\.image\?/,
    ],
  ];
  for (const [what, words, message] of failures) {
    const { code, stdout, stderr } = await train("--steps", "3", "--out", out, ...words).ended;
    assert.deepEqual([code, stdout], [2, ""], `${what}: ${stderr}`);
    assert.match(stderr, message, what);
    assert.doesNotMatch(stderr, /^ +at /m, `${what}: a stack trace`);
    assert.deepEqual(existsSync(out) ? readdirSync(out) : [], [], what);
  }
});

test("SIGINT ends the run after its step, with a checkpoint and the command that continues", async () => {
  const out = join(folder, "stopped");
  const { child, ended } = train("--steps", "1000000", "--out", out);
  const metrics = join(out, "metrics.jsonl");
  while (child.exitCode === null && !(existsSync(metrics) && readFileSync(metrics, "utf8").includes("\n"))) {
    await sleep(10);
  }
  child.kill("SIGINT");
  const { code, stdout, stderr } = await ended;
  assert.equal(code, 130, stderr);
  const step = /^stopped after step (\d+); to continue: bifocal train meter-tiny .* --resume$/m.exec(
    stdout,
  )?.[1];
  assert.ok(step !== undefined, stdout);
  assert.ok(readdirSync(join(out, "checkpoints")).includes(`step-${step}`), `no checkpoint of step ${step}`);
  assert.ok(!existsSync(join(out, "lock")));
});

test("what frozen towers say is kept on the disk, for the run's own steps and for the next run's", async () => {
  process.env.BIFOCAL_FEATURES = join(folder, "features");
  const frozen = ["train.freeze=[model.image, model.text]", "data.augment=false", "--steps", "3"];
  const plain = await train(...frozen, "--out", join(folder, "computed")).ended;
  assert.equal(plain.code, 0, plain.stderr);
  for (const out of ["stored", "stored-again"]) {
    const cached = await train(...frozen, "train.cacheFeatures={gigabytes: 0.1}", "--out", join(folder, out))
      .ended;
    assert.equal(cached.code, 0, cached.stderr);
    assert.match(
      cached.stderr,
      /^features of frozen towers: .* a picture, .* a text, .* grows to 100 MB at most$/m,
    );
    const path = (run: string) => join(folder, run, "model.safetensors");
    assert.equal(sha256(path(out)), sha256(path("computed")));
  }
  assert.equal(readdirSync(join(folder, "features"), { recursive: true }).length > 3 * 4, true);

  const varied = await train("train.cacheFeatures={gigabytes: 1}", "--out", join(folder, "varied")).ended;
  assert.equal(varied.code, 2);
  assert.match(varied.stderr, /train\.cacheFeatures: expected nothing, or towers that never learn/);
  assert.match(
    varied.stderr,
    /train\.cacheFeatures: expected nothing, or pictures that are the same every time/,
  );
});
