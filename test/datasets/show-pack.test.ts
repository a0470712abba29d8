/** bifocal data show and data pack on files of every kind. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { storedDataset } from "#src/datasets/stored-dataset.ts";
import { dataSamples, spread } from "#src/eval/data-samples.ts";
import { makeDatasets } from "../fixtures/datasets/make.ts";
import { fixturePictures, put } from "../fixtures/datasets/pictures.ts";
import { bifocal } from "../recipes/bifocal.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-show-"));
before(async () => {
  await makeDatasets(folder);
});
after(() => rmSync(folder, { recursive: true }));

test("show writes one page: pictures inside, boxes drawn, texts escaped, broken examples named", async () => {
  const [first] = await fixturePictures(1);
  put(folder, "own/a.jpg", first!.jpeg);
  put(
    folder,
    "own/list.csv",
    'image,text\na.jpg,"<script>alert(1)</script> & more"\nnone.jpg,gone\na.jpg,"a ""third"" one"\n',
  );
  const page = join(folder, "page.html");
  const words = ["data", "show", "csv", join(folder, "own/list.csv"), "--out", page, "--json"];
  const { code, stdout } = await bifocal(...words).ended;
  assert.equal(code, 0);
  const told = JSON.parse(stdout) as { shown: number[]; broken: number[]; page: string };
  assert.deepEqual([told.shown, told.broken, told.page], [[0, 1, 2], [1], page]);
  const html = readFileSync(page, "utf8");
  assert.match(html, /&lt;script&gt;alert\(1\)&lt;\/script&gt; &amp; more/);
  assert.doesNotMatch(html, /<script/);
  assert.equal([...html.matchAll(/src="data:image\/jpeg;base64,/g)].length, 2);
  assert.doesNotMatch(html, /(src|href)="(?!data:|#)/);
  assert.match(html, /none\.jpg: expected a picture file, got no such file/);
});

test("boxes have the picture's pixels, and the one that is meant stands out", async () => {
  const { table } = await storedDataset("refcoco").open("val", join(folder, "refcoco"));
  const [sample] = await dataSamples(table, [0]);
  const [picture] = sample!.pictures;
  assert.deepEqual([picture!.width, picture!.height], [64, 48]);
  const [expected] = (await fixturePictures(2)).slice(1);
  assert.deepEqual(
    picture!.boxes.map(({ x, y, width, height }) => [x, y, width, height]),
    expected!.objects.map(({ box }) => box),
  );
  assert.deepEqual(
    picture!.boxes.map(({ isTarget }) => isTarget),
    expected!.objects.map((_, i) => i === 0),
  );
  const vqa = await storedDataset("vqav2").open("val", join(folder, "vqav2"));
  const [asked] = await dataSamples(vqa.table, [0]);
  const answers = asked!.fields.find(({ name }) => name === "answers")!.values;
  assert.match(answers[0]!, / × 8$/);
  assert.equal(answers.length, 2);
  assert.deepEqual(spread(10, 4), [0, 2, 5, 7]);
  assert.deepEqual(spread(2, 9), [0, 1]);
});

test("pack refuses or leaves out what the options say, and goes on in a folder of the same work", async () => {
  const [first, second] = await fixturePictures(2);
  put(folder, "hurt/a.jpg", first!.jpeg);
  put(folder, "hurt/b.jpg", second!.jpeg.subarray(0, 400));
  put(folder, "hurt/c.jpg", "nothing of the kind");
  const list = join(folder, "hurt/list.tsv");
  put(folder, "hurt/list.tsv", "path\tcaption\na.jpg\tone\nb.jpg\ttwo\nc.jpg\tthree\na.jpg\tfour\n");
  const out = join(folder, "hurt-packed");
  const words = ["data", "pack", "tsv", list, "--out", out, "--shard-size", "3"];
  const stopped = await bifocal(...words).ended;
  assert.equal(stopped.code, 2);
  assert.match(stopped.stderr, /c\.jpg: expected a picture: JPEG/);
  const skipped = await bifocal(...words, "--damaged", "skip", "--json").ended;
  const manifest = JSON.parse(skipped.stdout) as { samples: number; skipped: { index: number }[] };
  assert.deepEqual([skipped.code, manifest.samples, manifest.skipped.length], [0, 3, 1]);
  const decoded = ["data", "pack", "tsv", list, "--out", join(folder, "hurt-decoded"), "--decode", "--json"];
  const looked = await bifocal(...decoded, "--damaged", "skip").ended;
  const { skipped: left } = JSON.parse(looked.stdout) as { skipped: { index: number; reason: string }[] };
  assert.deepEqual(
    left.map(({ index }) => index),
    [1, 2],
  );
  assert.match(left[0]!.reason, /b\.jpg: expected a picture that can be decoded, got a truncated one/);
  const report = join(folder, "hurt.json");
  assert.equal((await bifocal("data", "check", "tsv", list, "--report", report).ended).code, 2);
  const checked = join(folder, "hurt-checked");
  const withReport = ["data", "pack", "tsv", list, "--out", checked, "--format", "parquet", "--skip", report];
  const { code, stdout } = await bifocal(...withReport, "--json").ended;
  assert.equal(code, 0);
  const whole = JSON.parse(stdout) as { samples: number; skipped: { index: number }[] };
  assert.deepEqual([whole.samples, whole.skipped.map(({ index }) => index)], [2, [1, 2]]);
  const before = readdirSync(checked);
  assert.equal((await bifocal(...withReport).ended).code, 0);
  assert.deepEqual(readdirSync(checked), before);
  const back = await bifocal("data", "check", "parquet", checked, "--json").ended;
  assert.deepEqual([back.code, (JSON.parse(back.stdout) as { examples: number }).examples], [0, 2]);
  const other = await bifocal("data", "pack", "tsv", list, "--out", checked, "--skip", report).ended;
  assert.match(other.stderr, /expected format webdataset, got parquet; the folder holds other packed data/);
  const text = await bifocal("data", "pack", "glue-rte", join(folder, "glue-rte"), "--out", out).ended;
  assert.match(text.stderr, /expected a split of glue-rte: train, dev, test, got none/);
  const words2 = ["data", "pack", "glue-rte", join(folder, "glue-rte"), "--split", "dev", "--out", out];
  assert.match((await bifocal(...words2).ended).stderr, /expected examples with pictures, got sentences/);
});

test("shards that do not open are left out of a pack that skips, and named in its manifest", async () => {
  const [first] = await fixturePictures(1);
  put(folder, "three/list.csv", "image,text\na.jpg,one\na.jpg,two\na.jpg,three\n");
  put(folder, "three/a.jpg", first!.jpeg);
  const shards = join(folder, "three-shards");
  const words = ["data", "pack", "csv", join(folder, "three/list.csv"), "--out", shards, "--shard-size", "1"];
  assert.equal((await bifocal(...words).ended).code, 0);
  truncateSync(join(shards, "00001.tar"), 700);
  const again = ["data", "pack", "webdataset", shards, "--out", join(folder, "two-shards"), "--json"];
  const stopped = await bifocal(...again).ended;
  assert.equal(stopped.code, 2);
  assert.match(stopped.stdout, /00001\.tar.*the archive is damaged or truncated/);
  const { code, stdout } = await bifocal(...again, "--damaged", "skip").ended;
  const { samples, damagedFiles } = JSON.parse(stdout) as { samples: number; damagedFiles: string[] };
  assert.deepEqual([code, samples, damagedFiles.length], [0, 2, 1]);
  assert.match(damagedFiles[0]!, /00001\.tar.*damaged or truncated/);
});
