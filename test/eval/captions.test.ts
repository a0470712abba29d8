/** Captions of a run: whatever the batch, the same; scored as the files it writes are. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { referenceBackend } from "#src/backends/reference/index.ts";
import { openCaptioner } from "#src/eval/captioner.ts";
import { cocoReferences, cocoResults, evaluateCaptions } from "#src/eval/captions.ts";
import { scoreCaptions } from "#src/eval/score/captions.ts";
import { smallRun } from "./small-run.ts";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "bifocal-captions-"));
});
after(() => rm(folder, { recursive: true }));

const open = (batch: number) => smallRun(folder, { kind: "meter", task: { kind: "captioning" }, batch });

for (const beams of [1, 3]) {
  test(`with ${beams} beams every picture has its caption, whatever the batch`, async () => {
    const results = [];
    for (const batch of [3, 2]) {
      const run = await open(batch);
      const describe = await openCaptioner(referenceBackend, run, { beams, lengthPenalty: 0.6 });
      results.push(await evaluateCaptions(describe, run, "val", 5));
    }
    const [first, second] = results as [(typeof results)[0], (typeof results)[0]];
    for (const [i, { caption, logProbability }] of first.predictions.entries()) {
      assert.equal(caption, second.predictions[i]!.caption);
      assert.ok(Math.abs(logProbability - second.predictions[i]!.logProbability) < 1e-5);
    }
    assert.deepEqual(
      first.predictions.map(({ image, references }) => [image, references]),
      ["one", "two", "three", "four", "five"].map((word, image) => [`${image}`, [`${word} dots`]]),
    );
    assert.ok(new Set(first.predictions.map(({ logProbability }) => logProbability)).size > 1);
    for (const { caption } of first.predictions) assert.doesNotMatch(caption, /\[/);
    assert.equal(first.n, 5);
  });
}

test("the files in COCO's form score as the run does; one caption for all is the baseline", async () => {
  const run = await open(4);
  const describe = await openCaptioner(referenceBackend, run, { beams: 1, lengthPenalty: 0 });
  const { predictions, baseline, scores } = await evaluateCaptions(describe, run, "val", 6);
  const files = { references: join(folder, "references.json"), predictions: join(folder, "captions.json") };
  await writeFile(files.references, JSON.stringify(cocoReferences(predictions)));
  await writeFile(files.predictions, JSON.stringify(cocoResults(predictions)));
  assert.deepEqual(await scoreCaptions(files), scores);
  // Every training caption occurs once: the first is as frequent as any.
  assert.equal(baseline!.caption, "one dots");
  assert.ok(Math.abs(baseline!.scores.bleu1 - (2 + 5) / 12) < 1e-6);
});

test("where captions are held back they are written all the same, and not scored", async () => {
  const run = await open(4);
  const { dataset } = run.source;
  const captions = async (split: string, index: number) => ({
    ...(await dataset.forms.captions!(split, index)),
    captions: [],
  });
  const source = { ...run.source, dataset: { ...dataset, forms: { captions } } };
  const describe = await openCaptioner(referenceBackend, run, { beams: 1, lengthPenalty: 0 });
  const { predictions, ...rest } = await evaluateCaptions(describe, { ...run, source }, "val", 3);
  assert.deepEqual(rest, { split: "val", n: 3 });
  assert.deepEqual(
    cocoResults(predictions).map(({ image_id }) => image_id),
    [0, 1, 2],
  );
});

test("a run of another task is refused", async () => {
  const run = await smallRun(folder, { kind: "meter", task: { kind: "entailment" }, batch: 2 });
  await assert.rejects(
    openCaptioner(referenceBackend, run, { beams: 1, lengthPenalty: 0 }),
    /expected a run of task captioning, got entailment/,
  );
});
