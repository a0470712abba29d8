/** Data that somebody damaged: everything wrong is named, nothing ends the check. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { crc32 } from "node:zlib";
import sharp from "sharp";
import { BifocalError } from "#src/core/index.ts";
import { pictureChecker } from "#src/data/check-picture.ts";
import { type CheckReport, readCheckReport, unusable } from "#src/datasets/check-report.ts";
import { checkTable } from "#src/datasets/check-table.ts";
import { pack } from "#src/datasets/pack.ts";
import { storedDataset } from "#src/datasets/stored-dataset.ts";
import { makeDatasets } from "../fixtures/datasets/make.ts";
import { fixturePictures, put } from "../fixtures/datasets/pictures.ts";
import { bifocal } from "../recipes/bifocal.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-check-"));
before(async () => {
  await makeDatasets(folder);
});
after(() => rmSync(folder, { recursive: true }));

const silent = () => ({ update: () => undefined, finish: () => undefined });

async function checked(name: string, split: string, root: string) {
  const look = pictureChecker();
  const { table } = await storedDataset(name).open(split, root);
  const inspect = (bytes: Uint8Array, { where }: { where: string }) => look(bytes, where);
  return checkTable(table, { split, inspect, atOnce: 5 }, silent);
}

/** The same PNG with another size in its header. */
function resized(png: Buffer, side: number): Buffer {
  const result = Buffer.from(png);
  result.writeUInt32BE(side, 16);
  result.writeUInt32BE(side, 20);
  result.writeUInt32BE(crc32(result.subarray(12, 29)), 29);
  return result;
}

test("check lists every damaged picture with its kind, and the exit code tells", async () => {
  const [first, second, third] = await fixturePictures(3);
  const pictures: Readonly<Record<string, Buffer | string>> = {
    "fine.jpg": first!.jpeg,
    "empty.jpg": "",
    "page.jpg": "<!doctype html><title>Not found</title>",
    "cut.jpg": second!.jpeg.subarray(0, 500),
    "cut.png": second!.png.subarray(0, -30),
    "bomb.png": resized(third!.png, 50_000),
    "png.jpg": third!.png,
    "copy.jpg": first!.jpeg,
    "hurt.png": Buffer.from(second!.png).fill(7, 60, 80),
  };
  for (const [name, bytes] of Object.entries(pictures)) put(folder, `hostile/${name}`, bytes);
  execFileSync("mkfifo", [join(folder, "hostile", "pipe.jpg")]);
  mkdirSync(join(folder, "hostile", "folder.jpg"));
  const others = ["none.jpg", "fine.jpg", "../check/x.jpg", "pipe.jpg", "folder.jpg"];
  const names = [...Object.keys(pictures), ...others];
  writeFileSync(
    join(folder, "hostile", "list.csv"),
    `path,text\n${names.map((name) => `${name},a text`).join("\n")}\nfine.jpg\n`,
  );
  const report = join(folder, "report.json");
  const words = ["data", "check", "csv", join(folder, "hostile", "list.csv"), "--report", report, "--json"];
  const { code, stdout } = await bifocal(...words).ended;
  assert.equal(code, 2);
  const found = JSON.parse(stdout) as CheckReport;
  assert.deepEqual(await readCheckReport(report), found);
  assert.deepEqual(
    found.problems.map(({ index, kind }) => [names[index!] ?? "a short row", kind]),
    [
      ["empty.jpg", "empty"],
      ["page.jpg", "undecodable"],
      ["cut.jpg", "truncated"],
      ["cut.png", "truncated"],
      ["bomb.png", "huge"],
      ["hurt.png", "undecodable"],
      ["none.jpg", "missing"],
      ["../check/x.jpg", "record"],
      ["pipe.jpg", "record"],
      ["folder.jpg", "record"],
      ["a short row", "record"],
    ],
  );
  assert.deepEqual(
    found.remarks.map(({ index, kind, where }) => [names[index!], kind, where.endsWith(names[index!]!)]),
    [
      ["png.jpg", "mislabelled", true],
      ["copy.jpg", "duplicate", true],
    ],
  );
  assert.ok(found.problems.every(({ message }) => !message.includes("\n")));
  assert.match(found.problems.find(({ kind }) => kind === "huge")!.message, /got 50000 x 50000/);
  assert.deepEqual([found.dataset, found.split, found.examples], ["csv", "all", 15]);
  assert.deepEqual([...unusable(found, "all")], [1, 2, 3, 4, 5, 8, 9, 11, 12, 13, 14]);
  assert.equal(unusable(found, "train").size, 0);
});

test("a whole data set passes, with its counts beside the published ones", async () => {
  const { code, stdout } = await bifocal("data", "check", "nlvr2", join(folder, "nlvr2")).ended;
  assert.equal(code, 0);
  assert.match(stdout, /^split +examples +published +pictures +problems\ntrain +8 +86373 +8 +0$/m);
  assert.match(stdout, /remarks.*3 count/);
});

test("split that is not there, another folder, and wrong flags", async () => {
  const root = join(folder, "nlvr2-part");
  cpSync(join(folder, "nlvr2"), root, { recursive: true });
  rmSync(join(root, "nlvr/nlvr2/data/dev.json"));
  const part = await bifocal("data", "check", "nlvr2", root, "--json").ended;
  const { problems } = JSON.parse(part.stdout) as CheckReport;
  assert.deepEqual([part.code, problems.map(({ split, kind }) => `${split} ${kind}`)], [2, ["dev split"]]);
  const none = await bifocal("data", "check", "nlvr2", join(folder, "gqa")).ended;
  assert.deepEqual([none.code, none.stdout], [2, ""]);
  assert.match(none.stderr, /expected the folder of NLVR2:/);
  const flags = await bifocal("data", "check", "gqa", join(folder, "gqa"), "--column", "image=jpg").ended;
  assert.match(flags.stderr, /error: gqa: expected no columns: the files of GQA.* are known/);
});

test("records of wrong types, ids that match none, ids twice: each named, the others read", async () => {
  const root = join(folder, "vqa-hurt");
  cpSync(join(folder, "vqav2"), root, { recursive: true });
  const change = (path: string, from: RegExp, to: string) => {
    const text = readFileSync(join(root, path), "utf8");
    assert.match(text, from);
    writeFileSync(join(root, path), text.replace(from, to));
  };
  const questions = "v2_OpenEnded_mscoco_train2014_questions.json";
  change(questions, /"image_id":1,/, '"image_id":"one",');
  change(questions, /"question_id":2001/, '"question_id":77');
  change("v2_mscoco_train2014_annotations.json", /"answer":"[^"]*"/, '"answer":["a"]');
  change(questions, /"question_id":2}/, '"question_id":1}');
  const { problems, remarks, examples } = await checked("vqav2", "train", root);
  assert.deepEqual([examples, problems.map(({ kind }) => kind)], [24, ["record", "record", "record"]]);
  assert.match(problems[0]!.message, /"image_id" as a number, got "one"/);
  assert.match(problems[1]!.message, /expected an annotation of it .* got none/);
  assert.match(problems[2]!.message, /"answer" as text, got \["a"\]/);
  assert.deepEqual(
    remarks.filter(({ kind }) => kind === "duplicate").map(({ index, id }) => [index, id]),
    [[2, "1"]],
  );
});

test("shards and tables that were cut are named, the others are read", async () => {
  const { table } = await storedDataset("cc12m").open("train", join(folder, "cc12m"));
  for (const [name, extension] of [
    ["webdataset", "tar"],
    ["parquet", "parquet"],
  ] as const) {
    const shards = join(folder, `shards-${name}`);
    const options = { form: "captions", source: "x", shardSize: 5, damaged: "stop" } as const;
    await pack(table as never, { ...options, format: name, folder: shards }, silent);
    truncateSync(join(shards, `00001.${extension}`), 2000);
    await assert.rejects(storedDataset(name).open("all", shards), (error) => {
      assert.ok(error instanceof BifocalError && error.fields.code === "data");
      return error.fields.where.includes(`00001.${extension}`);
    });
    const { code, stdout } = await bifocal("data", "check", name, shards, "--json").ended;
    const report = JSON.parse(stdout) as CheckReport;
    assert.deepEqual([code, report.examples], [2, 7]);
    assert.deepEqual(
      report.problems.map(({ kind, where }) => [kind, where.includes(`00001.${extension}`)]),
      [["file", true]],
    );
  }
  const arrow = fileURLToPath(new URL("../../../test/fixtures/containers/captions.arrow", import.meta.url));
  mkdirSync(join(folder, "arrow"));
  for (const name of ["a", "b"]) cpSync(arrow, join(folder, "arrow", `${name}.arrow`));
  truncateSync(join(folder, "arrow", "a.arrow"), 1500);
  const { code, stdout } = await bifocal("data", "check", "arrow", join(folder, "arrow"), "--json").ended;
  const report = JSON.parse(stdout) as CheckReport;
  assert.equal(code, 2);
  assert.deepEqual(report.problems[0]!.kind, "file");
  assert.ok(report.examples > 0);
});

test("large pictures are looked through without their pixels in memory", async () => {
  const side = 8000; // 192 MB of pixels
  const png = await sharp({ create: { width: side, height: side, channels: 3, background: "red" } })
    .png({ compressionLevel: 1 })
    .toBuffer();
  const before = process.memoryUsage().rss;
  const look = pictureChecker();
  const found = await Promise.all(Array.from({ length: 2 }, (_, i) => look(png, `${i}.png`)));
  assert.deepEqual(found, [undefined, undefined]);
  assert.ok(process.memoryUsage().rss - before < 150 * 2 ** 20);
});
