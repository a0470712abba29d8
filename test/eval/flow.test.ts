import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { referenceBackend } from "#src/backends/reference/index.ts";
import { evaluateFlow } from "#src/eval/flow.ts";
import { smallRun } from "./small-run.ts";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "bifocal-flow-"));
});
after(() => rm(folder, { recursive: true }));

const vqa = { kind: "vqa", questionsPerImage: 2 } as const;

test("a layer of co-attention makes every token half of the other modality; what it was trained for does not matter", async () => {
  for (const task of [vqa, { kind: "pretrain", itm: { weight: 1, negatives: "random" } } as const]) {
    const run = await smallRun(folder, { kind: "meter", task, batch: 3 });
    const { predictions, ...scores } = await evaluateFlow(referenceBackend, run, "val", 7);
    assert.deepEqual([scores.split, scores.n, predictions.length], ["val", 7, 7]);
    // Two words with two specials in front and behind, four patches and the class token.
    for (const { toWords, toPatches, total } of predictions) {
      assert.ok(Math.abs(toWords - 0.5 * (4 / 9)) < 1e-6);
      assert.ok(Math.abs(toPatches - 0.5 * (5 / 9)) < 1e-6);
      assert.equal(total, toWords + toPatches);
    }
    assert.deepEqual(predictions.map(({ image, text }) => [image, text])[6], [6, "seven dots"]);
    assert.ok(Math.abs(scores.total.mean - 0.5) < 1e-6);
    assert.ok(scores.total.interval[0] <= scores.total.mean && scores.total.mean <= scores.total.interval[1]);
  }
});

test("flows do not depend on the batch", async () => {
  const ofBatch = async (batch: number) =>
    (
      await evaluateFlow(
        referenceBackend,
        await smallRun(folder, { kind: "meter", task: vqa, batch }),
        "val",
        5,
      )
    ).predictions;
  assert.deepEqual(await ofBatch(4), await ofBatch(3));
});

test("a model without a fusion is refused", async () => {
  const itc = { weight: 1, width: 5 };
  const run = await smallRun(folder, { kind: "dual-encoder", task: { kind: "pretrain", itc }, batch: 2 });
  await assert.rejects(
    evaluateFlow(referenceBackend, run, "val", 2),
    /expected a run of a model with a fusion, .* got model dual-encoder/,
  );
});
