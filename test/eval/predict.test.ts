import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { referenceBackend } from "#src/backends/reference/index.ts";
import { BifocalError, type ErrorCode } from "#src/core/errors.ts";
import { predict } from "#src/eval/predict.ts";
import { encodePng } from "#src/files/png.ts";
import { smallRun } from "./small-run.ts";

let folder: string;
let dark: string;
let light: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "bifocal-predict-"));
  [dark, light] = [join(folder, "dark.png"), join(folder, "light.png")];
  const picture = (value: number) =>
    encodePng(new Uint8Array(6 * 6 * 3).fill(value), { width: 6, height: 6 });
  await writeFile(dark, picture(20));
  await writeFile(light, picture(230));
});
after(() => rm(folder, { recursive: true }));

const vqa = { kind: "vqa", questionsPerImage: 2 } as const;

test("every picture with every text, pictures first, five answers each", async () => {
  const run = await smallRun(folder, { kind: "meter", task: vqa, batch: 3 });
  const texts = ["how many dots", "many"];
  const predictions = await predict(referenceBackend, run, [dark, light], texts);
  assert.deepEqual(
    predictions.map(({ image, text }) => [image, text]),
    [dark, light].flatMap((image) => texts.map((text) => [image, text])),
  );
  for (const { answers, similarity, match } of predictions) {
    const probabilities = answers!.map(({ probability }) => probability);
    assert.equal(probabilities.length, 5);
    assert.deepEqual(
      probabilities.toSorted((a, b) => b - a),
      probabilities,
    );
    assert.deepEqual([similarity, match], [undefined, undefined]);
  }
  assert.notDeepEqual(predictions[0]!.answers, predictions[1]!.answers);
  assert.notDeepEqual(predictions[0]!.answers, predictions[2]!.answers);
  const alone = await predict(referenceBackend, run, [light], ["many"]);
  assert.deepEqual(alone, predictions.slice(3));
});

test("a pretrained run says similarity and match as far as it has heads for them", async () => {
  const itc = { weight: 1, width: 5 };
  const both = { kind: "pretrain", itc, itm: { weight: 1, negatives: "hard" } } as const;
  const fused = await smallRun(folder, { kind: "meter", task: both, batch: 2 });
  const [first] = await predict(referenceBackend, fused, [dark], ["two dots"]);
  assert.ok(Math.abs(first!.similarity!) <= 1 && first!.match! > 0 && first!.match! < 1);
  const dual = await smallRun(folder, { kind: "dual-encoder", task: { kind: "pretrain", itc }, batch: 2 });
  const [second] = await predict(referenceBackend, dual, [dark], ["two dots"]);
  assert.ok(Math.abs(second!.similarity!) <= 1);
  assert.deepEqual(Object.keys(second!).sort(), ["image", "similarity", "text"]);
});

test("a picture that cannot be read, a text too long and nothing at all are the user's errors", async () => {
  const run = await smallRun(folder, { kind: "meter", task: vqa, batch: 2 });
  const expectError = (
    images: readonly string[],
    texts: readonly string[],
    code: ErrorCode,
    message: RegExp,
  ) =>
    assert.rejects(predict(referenceBackend, run, images, texts), (error) => {
      assert.ok(error instanceof BifocalError);
      assert.equal(error.fields.code, code);
      assert.match(error.message, message);
      return true;
    });
  const note = join(folder, "note.txt");
  await writeFile(note, "not a picture");
  await expectError([dark, join(folder, "none.png")], ["many"], "data", /none\.png: expected a picture file/);
  await expectError([note], ["many"], "data", /note\.txt: expected a whole picture/);
  await expectError(
    [dark],
    ["how many dots how many dots how many dots"],
    "data",
    /at most 9 tokens, got 11/,
  );
  await expectError([], ["many"], "usage", /at least one picture/);
  await expectError([dark], [], "usage", /one text/);
});
