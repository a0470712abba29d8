import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { referenceBackend } from "#src/backends/reference/index.ts";
import { explain } from "#src/eval/explain.ts";
import { explanationPage } from "#src/eval/explanation-page.ts";
import { fillMasks } from "#src/eval/fill-masks.ts";
import { encodePng } from "#src/files/png.ts";
import { smallRun } from "./small-run.ts";

let folder: string;
let picture: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "bifocal-explain-"));
  picture = join(folder, "picture.png");
  const pixels = Uint8Array.from({ length: 6 * 6 * 3 }, (_, i) => (37 * i) % 256);
  await writeFile(picture, encodePng(pixels, { width: 6, height: 6 }));
});
after(() => rm(folder, { recursive: true }));

const mlm = { weight: 1, rate: 0.3, wholeWord: false } as const;
const itm = { weight: 1, negatives: "random" } as const;
const words = { kind: "pretrain", mlm } as const;
const aligned = { kind: "pretrain", mlm, itm, wpa: { weight: 0.1 } } as const;

test("masks are filled with words, and every word has its places", async () => {
  const run = await smallRun(folder, { kind: "meter", task: words, batch: 2 });
  const [one, plain] = await explain(
    referenceBackend,
    run,
    [picture],
    ["how [MASK] dots [MASK]", "two dots"],
  );
  assert.equal(one!.masks.length, 2);
  for (const { guesses } of one!.masks) {
    assert.equal(guesses.length, 5);
    assert.ok(guesses.every(({ probability }, i) => probability <= (guesses[i - 1]?.probability ?? 1)));
    assert.ok(guesses.every(({ word }) => !word.includes("[")));
  }
  const [first, second] = one!.masks.map(({ guesses }) => guesses[0]!.word);
  assert.equal(one!.filled, `how ${first} dots ${second}`);
  assert.deepEqual(
    one!.words.map(({ word }) => word),
    ["how", first, "dots", second],
  );
  assert.deepEqual(
    [plain!.filled, plain!.masks, plain!.by, plain!.words.map(({ weights }) => weights.length)],
    ["two dots", [], "attention", [4, 4]],
  );
  for (const { weights } of plain!.words) {
    const sum = weights.reduce((a, b) => a + b);
    assert.ok(sum > 0 && sum < 1); // the class token has the rest
  }
  const alone = await explain(referenceBackend, run, [picture], ["two dots"]);
  assert.deepEqual(alone[0], plain);

  const page = await explanationPage(run, [one!], [{ image: picture, text: one!.text, match: 0.5 }]);
  assert.match(page, /how \[MASK\] dots \[MASK\] Choose a word/);
  assert.equal(page.match(/<img class="heat"/g)?.length, 4);
  assert.match(page, /match 50\.0 %/);
});

test("where words were aligned by transport, each word and each patch has its share of the plan", async () => {
  const run = await smallRun(folder, { kind: "meter", task: aligned, batch: 2 });
  const [{ by, words: laid }] = (await explain(referenceBackend, run, [picture], ["how many dots"])) as [
    Awaited<ReturnType<typeof explain>>[number],
  ];
  assert.equal(by, "transport");
  const near = (got: number, expected: number) =>
    assert.ok(Math.abs(got - expected) < 1e-3, `${got} instead of ${expected}`);
  for (const { weights } of laid)
    near(
      weights.reduce((a, b) => a + b),
      1 / 3,
    );
  for (let patch = 0; patch < 4; patch++)
    near(
      laid.reduce((sum, { weights }) => sum + weights[patch]!, 0),
      1 / 4,
    );
});

test("the mask that is surest is filled first, and the others know it", async () => {
  const run = await smallRun(folder, { kind: "meter", task: words, batch: 2 });
  const { tokenizer } = run;
  const { ids: given } = await tokenizer.encode(["[MASK] dots [MASK]"], { length: 7, tooLong: "error" });
  const idOf = async (word: string) =>
    (await tokenizer.encode([word], { length: 3, tooLong: "error" })).ids[1]!;
  const [one, two, three] = [await idOf("one"), await idOf("two"), await idOf("three")];
  const asked: number[][] = [];
  const { ids, masks } = await fillMasks(given, tokenizer, async (now) => {
    asked.push([...now]);
    // The second mask is sure of "two"; the first is torn until it sees that.
    const probabilities = new Float32Array(7 * tokenizer.vocab);
    const set = (at: number, id: number, value: number) => {
      probabilities[at * tokenizer.vocab + id] = value;
    };
    set(3, two, 0.9);
    set(3, tokenizer.special.pad, 0.95); // specials are no words
    set(1, one, now[3] === two ? 0.2 : 0.5);
    set(1, three, now[3] === two ? 0.8 : 0.4);
    return probabilities;
  });
  assert.deepEqual([ids[1], ids[3]], [three, two]);
  assert.deepEqual(
    masks.map(({ at, guesses }) => [at, guesses[0]!.word]),
    [
      [1, "three"],
      [3, "two"],
    ],
  );
  // Run on the filled text last, for what is read of it besides.
  assert.deepEqual(asked.at(-1), [...ids]);
  assert.equal(asked.length, 3);
});

test("what a run cannot say is refused", async () => {
  const vqa = await smallRun(folder, {
    kind: "meter",
    task: { kind: "vqa", questionsPerImage: 2 },
    batch: 2,
  });
  await assert.rejects(
    explain(referenceBackend, vqa, [picture], ["a [MASK]"]),
    /expected a run pretrained with mlm, which fills masked words, got task vqa/,
  );
  const [asked] = await explain(referenceBackend, vqa, [picture], ["how many dots"]);
  assert.deepEqual(
    asked!.words.map(({ word }) => word),
    ["how", "many", "dots"],
  );
  const itc = { weight: 1, width: 5 };
  const dual = await smallRun(folder, { kind: "dual-encoder", task: { kind: "pretrain", itc }, batch: 2 });
  await assert.rejects(
    explain(referenceBackend, dual, [picture], ["two dots"]),
    /expected a run of a model with a fusion/,
  );
});
