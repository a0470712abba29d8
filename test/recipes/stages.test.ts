/** Recipes of several stages, from the command line. */
import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { meterTiny } from "#src/recipes/meter-tiny.ts";
import { configOf } from "#src/recipes/recipe.ts";
import { applySettings } from "#src/recipes/settings.ts";
import { bifocal, sha256, small } from "./bifocal.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-stages-"));
test.after(() => rmSync(folder, { recursive: true }));

/** Captions on small pictures, then questions on larger ones, whose model calls the pooled widths otherwise. */
const recipe = join(folder, "two.json");
writeFileSync(
  recipe,
  JSON.stringify({
    name: "two",
    stages: [
      applySettings(configOf(meterTiny), [...small, "train.steps=5"]),
      {
        name: "answers",
        model: { image: { imageSize: 48 } },
        task: { kind: "vqa", questionsPerImage: 2 },
        train: { steps: 4 },
      },
    ],
  }),
);
const train = (out: string, ...more: string[]) =>
  bifocal("train", recipe, "--out", join(folder, out), ...more);
const modelOf = (out: string, stage: number) => join(folder, out, `stage-${stage}`, "model.safetensors");

test("stages follow one another, larger pictures get resized positions", async () => {
  const { code, stdout, stderr } = await train("whole", "--json").ended;
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^stage 1 of 2: meter-tiny$[\s\S]*^stage 2 of 2: answers$/m);
  assert.match(
    stderr,
    /^from .*stage-1: model\.image, .*; resized: model\.image\.positions; new: heads\.answer$/m,
  );
  const { finished, path, stages } = JSON.parse(stdout) as {
    finished: boolean;
    path: string;
    stages: { name: string; steps: number }[];
  };
  assert.deepEqual([finished, path], [true, join(folder, "whole", "stage-2")]);
  assert.deepEqual(
    stages.map(({ name, steps }) => [name, steps]),
    [
      ["meter-tiny", 5],
      ["answers", 4],
    ],
  );
  const config = JSON.parse(readFileSync(join(path, "config.json"), "utf8")) as { from: string };
  assert.equal(config.from, join(folder, "whole", "stage-1"));
});

test("a run killed in either stage and resumed has the bits of one that was not", async () => {
  for (const checkpoint of ["stage-1/checkpoints/step-2", "stage-2/checkpoints/step-2"]) {
    const { child, ended } = train("killed", "--resume");
    while (!existsSync(join(folder, "killed", checkpoint)) && child.exitCode === null) await sleep(2);
    child.kill("SIGKILL");
    assert.equal((await ended).signal, "SIGKILL", "the run was over before it was killed");
  }
  const { code, stdout, stderr } = await train("killed", "--resume").ended;
  assert.equal(code, 0, stderr);
  assert.match(stdout, /stage-1: finished already, 5 steps$/m);
  for (const stage of [1, 2]) assert.equal(sha256(modelOf("killed", stage)), sha256(modelOf("whole", stage)));
});

test("stages that are there are not overwritten, and run folders are no place for stages", async () => {
  const again = await train("whole").ended;
  assert.equal(again.code, 2);
  assert.match(again.stderr, /got a folder with stage-1; continue with --resume or choose another --out$/m);
  cpSync(join(folder, "whole", "stage-1"), join(folder, "single"), { recursive: true });
  const inRun = await train("single", "--resume").ended;
  assert.equal(inRun.code, 2);
  assert.match(inRun.stderr, /got a folder with config\.json; choose another --out$/m);
});

test("a plan shows every stage, a mistake names its own", async () => {
  const { code, stdout, stderr } = await bifocal("plan", recipe).ended;
  assert.equal(code, 0, stderr);
  assert.match(
    stdout,
    /^stage 1 of 2: meter-tiny$[\s\S]*heads\.mlm[\s\S]*^stage 2 of 2: answers$[\s\S]*heads\.answer/m,
  );
  const wrong = await bifocal("plan", recipe, "stages.1.model.image.imageSize=40").ended;
  assert.equal(wrong.code, 2);
  assert.match(
    wrong.stderr,
    /two\.json with settings, stage 2 at model\.image\.imageSize: expected a multiple of patch 16, got 40/,
  );
});
