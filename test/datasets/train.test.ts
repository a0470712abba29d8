/** Every form of data that tasks read is trained on from files as their makers publish them. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { checkTable } from "#src/datasets/check-table.ts";
import { storedDataset } from "#src/datasets/stored-dataset.ts";
import { vilt } from "#src/recipes/vilt.ts";
import { makeDatasets } from "../fixtures/datasets/make.ts";
import { bifocal } from "../recipes/bifocal.ts";
import { openTiny, tinyConfig, trainTiny } from "./tiny-run.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-real-"));
const sets = join(folder, "sets");
before(async () => {
  await makeDatasets(sets);
});
after(() => rmSync(folder, { recursive: true }));

const files = (name: string, more: object = {}) => ({
  kind: "files",
  name,
  root: join(sets, name),
  ...more,
});
const pretraining = {
  kind: "pretrain",
  mlm: { weight: 1, rate: 0.3, wholeWord: true },
  itm: { weight: 1, negatives: "random" },
  itc: { weight: 1, width: 6 },
};
const vqa = { kind: "vqa", questionsPerImage: 1 };
const heldOut = { splits: { train: ["train[:-4]"], val: "train[-4:]" } };

const cases: Readonly<Record<string, readonly [task: object, data: object]>> = {
  "captions, transformed": [pretraining, files("coco-captions", { transform: "square-randaug" })],
  "captions of several sources": [
    pretraining,
    {
      kind: "mixture",
      order: "ratio",
      root: sets,
      sources: [
        { data: { kind: "files", name: "flickr30k" }, ratio: 0.5 },
        { data: { kind: "files", name: "visual-genome" }, ratio: 2 },
        { data: { kind: "files", name: "sbu", root: join(sets, "sbu") }, ratio: 1 },
        { data: { kind: "files", name: "cc3m" }, ratio: 1 },
        { data: { kind: "emoji-world", seed: 7, concepts: 8 }, ratio: 1 },
      ],
    },
  ],
  "captions of the published recipes": [vilt.task, { ...vilt.data, root: sets, transform: "clip" }],
  "texts alone": [
    { kind: "pretrain", mlm: { weight: 1, rate: 0.3, wholeWord: true, alone: true } },
    files("wikitext"),
  ],
  "questions without a val split": [vqa, files("ok-vqa", heldOut)],
  "texts for pictures": [{ kind: "retrieval", by: "rank", textsPerImage: 3 }, files("flickr30k")],
};

for (const [name, [task, data]] of Object.entries(cases)) {
  test(`${name}: three steps`, async () => {
    const config = tinyConfig(task, data);
    const out = join(folder, name);
    const result = await trainTiny(config, out);
    assert.ok(result.finished && Number.isFinite(result.best?.value));
    await openTiny(config, out);
  });
}

test("a picture that cannot be read ends training with its name; a report leaves it out, resumed to the bit", async () => {
  const root = join(sets, "broken");
  await makeDatasets(root);
  const data = { ...files("flickr30k"), root: join(root, "flickr30k") };
  const bad = join(root, "flickr30k/flickr30k-images/103.jpg");
  writeFileSync(bad, readFileSync(bad).subarray(0, 300));
  const steps = { steps: 6 };
  await assert.rejects(
    trainTiny(tinyConfig(pretraining, data, steps), join(folder, "refused")),
    /103\.jpg: .*run bifocal data check with --report and give the report as data\.skip/s,
  );
  const { table } = await storedDataset("flickr30k").open("train", data.root);
  const found = await checkTable(table, {
    split: "train",
    atOnce: 2,
    inspect: async (bytes) =>
      bytes.length === 300 ? { kind: "truncated", message: "cut short" } : undefined,
  });
  const skip = join(folder, "report.json");
  const report = {
    dataset: "flickr30k",
    split: "train",
    root: data.root,
    examples: 8,
    splits: [{ split: "train", examples: 8, pictures: 8 }],
    problems: found.problems,
    remarks: [],
  };
  writeFileSync(skip, JSON.stringify(report));
  const config = tinyConfig(pretraining, { ...data, skip }, steps);
  const outs = [join(folder, "whole"), join(folder, "again")] as const;
  await trainTiny(config, outs[0]);
  const stopped = await trainTiny(config, outs[1], 3);
  assert.deepEqual([stopped.finished, stopped.steps], [false, 3]);
  await trainTiny(config, outs[1], undefined, true);
  const [whole, again] = outs.map((out) => readFileSync(join(out, "model.safetensors")));
  assert.ok(whole!.equals(again!));

  const stale = { ...report, splits: [{ split: "train", examples: 9, pictures: 9 }] };
  writeFileSync(skip, JSON.stringify(stale));
  await assert.rejects(
    trainTiny(config, join(folder, "stale")),
    /a report of the 8 examples of train as they are now, got one of 9; run bifocal data check again/,
  );
});

test("a report leaves shards out that do not open, rows of broken records too, and is not passed over", async () => {
  const shards = join(folder, "shards");
  const words = ["data", "pack", "flickr30k", join(sets, "flickr30k"), "--split", "train", "--out", shards];
  assert.equal((await bifocal(...words, "--shard-size", "2").ended).code, 0);
  truncateSync(join(shards, "00001.tar"), 900);
  const report = join(folder, "shards.json");
  const spelt = `${folder}/./shards`; // the same folder by another name
  assert.equal((await bifocal("data", "check", "webdataset", spelt, "--report", report).ended).code, 2);
  const data = {
    kind: "files",
    name: "webdataset",
    root: shards,
    splits: { train: "all[:4]", val: "all[4:]" },
  };
  await assert.rejects(
    trainTiny(tinyConfig(pretraining, data), join(folder, "torn")),
    /00001\.tar.*damaged or truncated/,
  );
  const out = join(folder, "shards left");
  assert.ok((await trainTiny(tinyConfig(pretraining, { ...data, skip: report }), out)).finished);
  await assert.rejects(
    trainTiny(
      tinyConfig(pretraining, { ...data, skip: report, root: sets, splits: { train: "a", val: "b" } }),
      join(folder, "other shards"),
    ),
    /data\.skip .*shards\.json: expected a report of .*a or .*b.*, got .*shards; run bifocal data check/,
  );

  const line = (i: number) =>
    JSON.stringify({ image: `${100 + i}.jpg`, question: "what is it?", answer: "cat" });
  const bad = [line(0), '{"image": 5}', line(2), "no JSON", line(4), line(5)];
  const list = join(folder, "bad.jsonl");
  writeFileSync(list, `${bad.join("\n")}\n`);
  writeFileSync(join(folder, "good.jsonl"), `${[6, 7, 8].map(line).join("\n")}\n`);
  const pictures = join(sets, "flickr30k/flickr30k-images");
  const skip = join(folder, "bad.json");
  const checking = ["data", "check", "jsonl", list, "--pictures", pictures, "--report", skip];
  assert.equal((await bifocal(...checking).ended).code, 2);
  const own = { kind: "files", name: "jsonl", root: folder, pictures };
  const splits = { train: "bad.jsonl", val: "good.jsonl" };
  const config = tinyConfig(vqa, { ...own, splits, skip });
  assert.ok((await trainTiny(config, join(folder, "records left"))).finished);
});

test("a list of the user's own, and answers of their own", async () => {
  const rows = (first: number, count: number) =>
    Array.from({ length: count }, (_, i) => `${first + i + 100}.jpg,what is it?,${i % 2 ? "cat" : "dog"}`);
  writeFileSync(join(folder, "mine.csv"), `${["path,question,answer", ...rows(0, 8)].join("\n")}\n`);
  writeFileSync(join(folder, "val.csv"), `${["path,question,answer", ...rows(8, 3)].join("\n")}\n`);
  writeFileSync(join(folder, "answers.txt"), "dog\ncat\ncow\n");
  const data = {
    kind: "files",
    name: "csv",
    root: folder,
    pictures: join(sets, "flickr30k/flickr30k-images"),
    splits: { train: "mine.csv", val: "val.csv" },
    answers: join(folder, "answers.txt"),
  };
  const config = tinyConfig(vqa, data);
  const out = join(folder, "own");
  await trainTiny(config, out);
  rmSync(join(folder, "answers.txt"));
  const run = await openTiny(config, out);
  assert.deepEqual([run.answers, run.sizes.answers], [["dog", "cat", "cow"], 3]);
});

test("what cannot be trained on is refused before the first step", async () => {
  const refused = (task: object, data: object, message: RegExp) =>
    assert.rejects(trainTiny(tinyConfig(task, data), join(folder, "never")), message);
  await refused(
    vqa,
    files("flickr30k"),
    /task vqa: expected a data set with questions, got flickr30k with captions/,
  );
  await refused(
    { ...vqa, questionsPerImage: 2 },
    files("gqa"),
    /task.questionsPerImage: expected at most 1, what an example of gqa has, got 2/,
  );
  await refused(
    { kind: "nlvr2" },
    { kind: "files", name: "nlvr2" },
    /data.root: expected the folder of nlvr2/,
  );
  await refused(
    vilt.task,
    { ...vilt.data, root: "/no-data", transform: "clip" },
    /data\.root: expected folders with these files:\n {2}\/no-data\/coco-captions, of coco-captions:\n.*dataset_coco\.json.*\/no-data\/visual-genome.*\/no-data\/cc3m.* got no such folders; say where the data lies with data\.root=FOLDER/s,
  );
  await refused(
    vqa,
    { kind: "files", name: "vqav2", root: "/no-data" },
    /data\.root: expected a folder with these files:\n {2}\/no-data, of vqav2:/,
  );
  await refused(
    pretraining,
    files("visual-genome"),
    /split val: expected at least one example, got no such split/,
  );
  await refused(
    pretraining,
    files("flickr30k", { splits: { val: "test" } }),
    /data.splits.val: expected examples that test has not, got some of test in both/,
  );
  await refused(
    pretraining,
    files("flickr30k", { splits: { train: ["train", "val[:2]"] } }),
    /data.splits.train: expected examples that val has not/,
  );
  assert.throws(() => tinyConfig(vqa, files("vqa2")), /data.name: .*did you mean vqav2\?/);
  assert.throws(
    () => tinyConfig(vqa, files("vqav2", { form: "captions" })),
    /data.form: expected none: the files of vqav2 are known/,
  );
});
