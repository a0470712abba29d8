/** COCO from its own files: trained on, captioned, scored and handed in under the pictures' own numbers. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { defaultBackend } from "#src/backends/default.ts";
import { openCaptioner } from "#src/eval/captioner.ts";
import { cocoReferences, cocoResults, evaluateCaptions } from "#src/eval/captions.ts";
import { withData } from "#src/eval/open-run.ts";
import { scoreCaptions } from "#src/eval/score/captions.ts";
import { submissionText } from "#src/eval/submission.ts";
import { makeDatasets } from "../fixtures/datasets/make.ts";
import { openTiny, tinyConfig, trainTiny } from "./tiny-run.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-captioning-"));
before(() => makeDatasets(folder));
after(() => rmSync(folder, { recursive: true }));

const files = (name: string) => ({ kind: "files", name, root: join(folder, name) }) as const;

test("three steps, captions of the test split, their scores and the files in COCO's form", async () => {
  const config = tinyConfig({ kind: "captioning" }, files("coco-captions"));
  const out = join(folder, "run");
  await trainTiny(config, out);
  const run = await openTiny(config, out);
  const describe = await openCaptioner(defaultBackend, run, { beams: 2, lengthPenalty: 0.6 });
  const opened = await withData(run, ["test"], ["train"]);
  const n = opened.source.dataset.splits.test!;
  const { predictions, scores, baseline } = await evaluateCaptions(describe, opened, "test", n);
  const alone = await evaluateCaptions(describe, await withData(run, ["test"]), "test", n);
  assert.deepEqual([alone.scores, alone.baseline], [scores, undefined]);
  assert.equal(predictions.length, n);
  assert.ok(baseline!.scores.cider >= 0);
  const paths = { references: join(folder, "references.json"), predictions: join(folder, "results.json") };
  const results = cocoResults(predictions);
  writeFileSync(paths.references, JSON.stringify(cocoReferences(predictions)));
  writeFileSync(paths.predictions, JSON.stringify(results));
  assert.deepEqual(await scoreCaptions(paths), scores);
  const entries = predictions.map(({ image, caption }) => ({ id: image, prediction: caption }));
  const submitted = submissionText("results.json", config.data, "test", n, entries);
  assert.deepEqual(JSON.parse(submitted), results);
  assert.ok(results.every(({ image_id }) => typeof image_id === "number"));

  // The challenge's own pictures: captions are held back, results are written all the same.
  const heldBack = await withData({ ...run, config: { ...config, data: files("coco-caption-test") } }, [
    "test",
  ]);
  const challenge = await evaluateCaptions(describe, heldBack, "test", 2);
  assert.deepEqual([challenge.scores, challenge.baseline], [undefined, undefined]);
  assert.deepEqual(
    cocoResults(challenge.predictions).map(({ image_id }) => image_id),
    [0, 1],
  );
});
