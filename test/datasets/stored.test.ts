/** Whatever can be named opens, and what `pack` writes of it is read back the same. */
import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type ExampleOf, type Form, imagesOf } from "#src/datasets/examples.ts";
import { pack } from "#src/datasets/pack.ts";
import { type PictureForm, packLayouts } from "#src/datasets/pack-layout.ts";
import { type SourceOptions, storedDataset, storedDatasets } from "#src/datasets/stored-dataset.ts";
import type { Table } from "#src/files/table.ts";
import { makeDatasets } from "../fixtures/datasets/make.ts";
import { fixturePictures, put } from "../fixtures/datasets/pictures.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-stored-"));
before(async () => {
  await makeDatasets(folder);
});
after(() => rmSync(folder, { recursive: true }));

const silent = () => ({ update: () => undefined, finish: () => undefined });
const container = (name: string) =>
  fileURLToPath(new URL(`../../../test/fixtures/containers/${name}`, import.meta.url));

/** All that an example says, and its pictures' ids and bytes. */
async function contents(table: Table<ExampleOf[Form]>) {
  const all: unknown[] = [];
  for (let index = 0; index < table.size; index++) {
    const example = await table.get(index);
    const pictures = imagesOf(example).map(async (image) => [image.id, Buffer.from(await image.read())]);
    const { image: _, images: __, ...fields } = { image: 0, images: 0, ...example };
    all.push({ ...fields, pictures: await Promise.all(pictures) });
  }
  return all;
}

const open = async (name: string, root: string, options?: SourceOptions) =>
  storedDataset(name).open("all", root, options);

test("every form comes back the same from both formats, by the folder's own word for the form", async () => {
  const arrow = join(folder, "arrow-vqav2");
  mkdirSync(arrow);
  const sources: [form: PictureForm, name: string, split: string, root?: string][] = [
    ["captions", "coco-captions", "val"],
    ["regions", "visual-genome", "train"],
    ["questions", "vqav2", "val"],
    ["scored questions", "arrow", "all", container("questions.arrow")],
    ["pair statements", "nlvr2", "dev"],
    ["entailment", "snli-ve", "dev"],
    ["referring", "refcoco", "val"],
    ["memes", "hateful-memes", "dev_seen"],
    ["classes", "imagenet", "val"],
  ];
  assert.deepEqual(sources.map(([form]) => form).sort(), Object.keys(packLayouts).sort());
  const pictures = await fixturePictures(12);
  for (const [form, name, split, root = join(folder, name)] of sources) {
    const opened = await storedDataset(name).open(split, root);
    assert.equal(opened.form, form);
    // The Arrow fixture's pictures are any bytes.
    const table =
      name !== "arrow"
        ? opened.table
        : {
            size: opened.table.size,
            get: async (index: number) => {
              const example = (await opened.table.get(index)) as ExampleOf["scored questions"];
              return {
                ...example,
                image: { ...example.image, read: async () => pictures[index % 12]!.jpeg },
              };
            },
          };
    const truth = await contents(table);
    assert.ok(truth.length > 0);
    for (const format of ["webdataset", "parquet"] as const) {
      const packed = join(folder, `packed-${name}-${format}`);
      const options = { form, format, folder: packed, source: name, shardSize: 5, damaged: "stop" } as const;
      await pack(table as Table<never>, options, silent);
      const back = await open(format, packed);
      assert.equal(back.form, form, `${name} ${format}`);
      assert.deepEqual(await contents(back.table), truth, `${name} ${format}`);
    }
  }
});

test("folders of Arrow files by the names that ViLT's and METER's scripts give them", async () => {
  const root = join(folder, "arrows");
  mkdirSync(root);
  for (const [file, fixture] of [
    ["coco_caption_karpathy_train", "captions"],
    ["coco_caption_karpathy_restval", "sliced"],
    ["coco_caption_karpathy_val", "sliced"],
    ["vg", "regions"],
    ["sbu_10", "captions"],
    ["sbu_9", "sliced"],
    ["vqav2_val", "questions"],
    ["vqav2_test", "held-back"],
    ["nlvr2_dev", "pairs"],
    ["snli_dev", "entailment"],
    ["refcoco_unc_val", "referring"],
  ]) {
    cpSync(container(`${fixture}.arrow`), join(root, `${file}.arrow`));
  }
  const size = async (name: string, split: string) => {
    const { table, form } = await storedDataset(name).open(split, root);
    const [first] = [await table.get(0)];
    assert.ok(imagesOf(first).length > 0);
    return [form, table.size];
  };
  const [, coco] = await size("arrow-coco", "train");
  const [, val] = await size("arrow-coco", "val");
  assert.ok(Number(coco) > Number(val));
  const { table } = await storedDataset("arrow-sbu").open("train", root);
  assert.match(imagesOf(await table.get(0))[0]!.where, /sbu_9\.arrow/);
  assert.deepEqual(await size("arrow-vqav2", "val"), ["scored questions", 13]);
  for (const [name, split, form] of [
    ["arrow-vg", "train", "regions"],
    ["arrow-vqav2", "test", "scored questions"],
    ["arrow-nlvr2", "dev", "pair statements"],
    ["arrow-snli", "dev", "entailment"],
    ["arrow-refcoco", "val", "referring"],
  ] as const) {
    assert.equal((await size(name, split))[0], form);
  }
  await assert.rejects(storedDataset("arrow-gcc").open("train", root), /conceptual_caption_train_0\.arrow/);
  await assert.rejects(storedDataset("arrow-coco").open("test", root), /coco_caption_karpathy_test\.arrow/);
});

test("lists, shards of others, and a bare folder of pictures", async () => {
  const [first, second] = await fixturePictures(2);
  const root = join(folder, "own");
  put(root, "photos/deep/a.jpg", first!.jpeg);
  put(root, "photos/b.png", second!.png);
  put(root, "photos/note.txt", "no picture");
  put(root, "odd.csv", "photo,x\na.jpg,1\n");
  put(root, "lists/l.tsv", "photo\ttitle\ndeep/a.jpg\tone\nb.png\ttwo\n");
  put(root, "lists/l.jsonl", '{"path":"b.png","question":"what?","answers":["x","y"]}\n');
  const pictures = join(root, "photos");
  const listed = await open("tsv", join(root, "lists/l.tsv"), { columns: { image: "photo" }, pictures });
  assert.equal(listed.form, "captions");
  assert.deepEqual(await contents(listed.table), [
    { captions: ["one"], pictures: [["deep/a.jpg", first!.jpeg]] },
    { captions: ["two"], pictures: [["b.png", second!.png]] },
  ]);
  const asked = await open("jsonl", join(root, "lists/l.jsonl"), { pictures });
  assert.deepEqual(await contents(asked.table), [
    { questionId: "0", question: "what?", answers: ["x", "y"], pictures: [["b.png", second!.png]] },
  ]);
  const bare = await open("pictures", pictures);
  assert.deepEqual(
    (await contents(bare.table)).map((example) => (example as { pictures: [[string]] }).pictures[0][0]),
    ["b.png", "deep/a.jpg"],
  );
  await assert.rejects(
    open("tsv", join(root, "lists/l.tsv"), { pictures }),
    /expected a column for image, got photo, title; name it: --column image=NAME/,
  );
  await assert.rejects(open("csv", join(root, "odd.csv")), /say it: --form captions\|/);
  await assert.rejects(open("pictures", join(root, "lists")), /expected pictures .*, got none/);
  await assert.rejects(storedDataset("csv").open("train", root), /expected a split: all, got train/);
  assert.throws(() => storedDataset("web-dataset"), /did you mean webdataset\?/);
});

test("a list whose columns tell nothing is refused with the columns it has", async () => {
  put(folder, "odd/capitals.csv", "Photo,Title\na.jpg,a\n");
  put(folder, "odd/semicolons.csv", "image;caption\na.jpg;a\n");
  await assert.rejects(
    open("csv", join(folder, "odd/capitals.csv")),
    /captions, question, label \.\.\., got Photo, Title; say it: --form/,
  );
  await assert.rejects(
    open("csv", join(folder, "odd/semicolons.csv")),
    /expected cells with commas between, got image;caption/,
  );
});

test("names are there once and every data set says what it needs", () => {
  const names = storedDatasets.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  for (const { name, tree, title } of storedDatasets) assert.ok(tree.trim() !== "" && title !== "", name);
});
