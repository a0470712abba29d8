import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { checkTable } from "#src/datasets/check-table.ts";
import { type ExampleOf, type Form, imagesOf } from "#src/datasets/examples.ts";
import { realDataset, realDatasets } from "#src/datasets/official/index.ts";
import { vqaAnswers } from "#src/datasets/vqa-answers.ts";
import { makeDatasets } from "../fixtures/datasets/make.ts";
import { fixturePictures, put } from "../fixtures/datasets/pictures.ts";

const root = mkdtempSync(join(tmpdir(), "bifocal-datasets-"));
let sizes: Awaited<ReturnType<typeof makeDatasets>>;
before(async () => {
  sizes = await makeDatasets(root);
});
after(() => rmSync(root, { recursive: true }));

const silent = () => ({ update: () => undefined, finish: () => undefined });

/** One example in the type of its form, for fields that only this form has. */
async function example<F extends Form>(
  _: F,
  name: string,
  split: string,
  index: number,
): Promise<ExampleOf[F]> {
  const table = await realDataset(name).open(split, join(root, name));
  return (await table.get(index)) as ExampleOf[F];
}

test("every split of every data set opens, has its size, and all its pictures are whole files", async () => {
  assert.deepEqual([...sizes.keys()].sort(), realDatasets.map(({ name }) => name).sort());
  for (const { name, splits, open, tree, homePage, licence, citation } of realDatasets) {
    for (const fact of [tree, homePage, licence, citation]) assert.ok(fact.trim() !== "", name);
    assert.deepEqual(Object.keys(splits).sort(), Object.keys(sizes.get(name)!).sort(), name);
    for (const split of Object.keys(splits)) {
      const table = await open(split, join(root, name));
      assert.equal(table.size, sizes.get(name)![split], `${name} ${split}`);
      const inspect = async (bytes: Uint8Array) => {
        assert.ok(bytes[0] === 0xff || bytes[0] === 0x89);
        return undefined;
      };
      const { problems, pictures } = await checkTable(table, { split, inspect, atOnce: 4 }, silent);
      assert.deepEqual(problems, [], `${name} ${split}`);
      const first = await table.get(0);
      assert.equal(pictures > 0, imagesOf(first).length > 0, name);
      assert.deepEqual(JSON.stringify(await table.get(0)), JSON.stringify(first));
    }
  }
});

test("captions, regions and their pictures", async () => {
  const pictures = await fixturePictures(12);
  const restval = await example("captions", "coco-captions", "train", 7);
  assert.equal(restval.image.id, "7");
  assert.match(restval.image.where, /val2014\/COCO_val2014_000000000007\.jpg$/);
  assert.deepEqual(restval.captions, pictures[7]!.captions);
  assert.deepEqual(Buffer.from(await restval.image.read()), pictures[7]!.jpeg);
  const held = await example("captions", "flickr30k", "test", 0);
  assert.deepEqual([held.image.id, held.captions], ["111.jpg", pictures[11]!.captions]);
  assert.deepEqual((await example("captions", "coco-caption-test", "test", 3)).captions, []);
  assert.deepEqual((await example("captions", "sbu", "train", 2)).captions, [pictures[2]!.captions[0]]);
  assert.deepEqual((await example("captions", "cc3m", "val", 1)).captions, [pictures[9]!.captions[0]]);
  assert.deepEqual((await example("captions", "cc12m", "train", 11)).captions, [pictures[11]!.captions[1]]);
  for (const index of [4, 5]) {
    const regions = await example("regions", "visual-genome", "train", index);
    const { objects, jpeg } = pictures[index]!;
    assert.deepEqual(Buffer.from(await regions.image.read()), jpeg);
    assert.deepEqual(
      regions.captions,
      objects.map(({ name }) => `a ${name}`),
    );
    assert.deepEqual(
      regions.boxes,
      objects.map(({ box }) => box),
    );
  }
});

test("questions with the answers of all annotators, joined by id", async () => {
  const pictures = await fixturePictures(12);
  const { question, answer, kind } = pictures[1]!.questions[2]!;
  const asked = await example("questions", "vqav2", "train", 5);
  assert.equal(asked.image.id, "1");
  assert.deepEqual([asked.questionId, asked.question, asked.questionType], ["1002", question, kind]);
  assert.deepEqual(asked.answers, [...Array(8).fill(answer), `the ${answer}`, `the ${answer}`]);
  const secret = await example("questions", "vqav2", "test-dev", 0);
  assert.equal(secret.answers, undefined);
  assert.match(secret.image.where, /test2015\/COCO_test2015_000000000011\.jpg$/);
  assert.match((await example("questions", "ok-vqa", "test", 0)).image.where, /val2014/);
  const { image, ...scene } = await example("questions", "gqa", "train", 0);
  const first = pictures[0]!.questions[0]!;
  assert.equal(image.id, "n0");
  assert.deepEqual(scene, {
    questionId: "000",
    question: first.question,
    questionType: first.kind,
    answers: [first.answer],
  });
  assert.equal((await example("questions", "gqa", "test", 0)).answers, undefined);
  const blind = await example("questions", "vizwiz", "val", 0);
  assert.deepEqual([blind.questionId, blind.answers?.length], ["VizWiz_val_00000008.jpg", 10]);
});

test("statements about pairs, entailment, expressions, memes, classes", async () => {
  const pictures = await fixturePictures(12);
  const statement = await example("pair statements", "nlvr2", "train", 3);
  assert.deepEqual([statement.id, statement.label], ["train-1-0-1", false]);
  assert.deepEqual(Buffer.from(await statement.images[1].read()), pictures[3]!.png);
  const entailed = await example("entailment", "snli-ve", "dev", 2);
  assert.deepEqual([entailed.label, entailed.id], ["contradiction", "108.jpg#2"]);
  for (const name of ["refcoco", "refcoco+"]) {
    const referred = await example("referring", name, "val", 0);
    const { objects } = pictures[1]!;
    assert.deepEqual(
      referred.candidates,
      objects.map(({ box }) => box),
    );
    assert.equal(referred.target, 0);
    assert.deepEqual(referred.expressions, [
      `the ${objects[0]!.name}`,
      `that "${objects[0]!.name}", it's the é one`,
    ]);
    assert.equal(referred.image.id, "1");
  }
  const meme = await example("memes", "hateful-memes", "train", 3);
  assert.deepEqual([meme.id, meme.hateful, meme.text], ["1003", true, pictures[3]!.captions[0]]);
  assert.equal((await example("memes", "hateful-memes", "test_unseen", 0)).hateful, undefined);
  const table = await realDataset("imagenet").open("train", join(root, "imagenet"));
  const classes = await Promise.all(
    Array.from({ length: 8 }, async (_, i) => (await table.get(i)) as ExampleOf["classes"]),
  );
  const labels = [...new Set(pictures.slice(0, 8).map(({ objects }) => `n${objects.length}`))].sort();
  assert.ok(labels.length > 1);
  for (const found of classes) {
    const picture = pictures[Number(/_(\d)\.JPEG/.exec(found.image.id)![1])]!;
    assert.equal(found.label, `n${picture.objects.length}`);
    assert.equal(labels[found.class], found.label);
    assert.deepEqual(Buffer.from(await found.image.read()), picture.jpeg);
  }
});

test("sentences and text", async () => {
  const of = async (name: string, split: string, index: number) => {
    const { sentences, ...rest } = await example("sentences", `glue-${name}`, split, index);
    return { count: sentences.length, ...rest };
  };
  assert.deepEqual(await of("cola", "train", 0), { count: 1, id: "0", label: "0" });
  assert.deepEqual(await of("cola", "test", 2), { count: 1, id: "2" });
  assert.deepEqual(await of("mrpc", "train", 1), { count: 2, id: "1", label: "1" });
  assert.deepEqual(await of("stsb", "dev", 3), { count: 2, id: "3", score: 2.75 });
  assert.deepEqual(await of("mnli", "dev_mismatched", 2), { count: 2, id: "2", label: "contradiction" });
  assert.deepEqual(await of("qnli", "dev", 0), { count: 2, id: "0", label: "not_entailment" });
  const { sentences } = await example("sentences", "glue-qqp", "train", 1);
  assert.deepEqual(sentences, ['The owl "stood there 1 times.', 'The bus "stood there 2 times.']);
  assert.equal((await example("text", "wikitext", "valid", 1)).text, "An owl @-@ like bird .");
  assert.equal((await example("text", "text", "val", 1)).text, "and another");
});

test("the answer vocabulary: nine questions at least, in order of first occurrence", async () => {
  const folder = join(root, "vocabulary");
  const answers = (list: readonly string[]) =>
    JSON.stringify({ annotations: list.map((multiple_choice_answer) => ({ multiple_choice_answer })) });
  const many = (answer: string, times: number) => Array<string>(times).fill(answer);
  put(
    folder,
    "v2_mscoco_train2014_annotations.json",
    answers(["late", ...many("No", 5), ...many("rare", 8), "owl"]),
  );
  put(
    folder,
    "v2_mscoco_val2014_annotations.json",
    answers([...many("owl", 8), ...many("no", 4), ...many("late", 9)]),
  );
  assert.deepEqual(await vqaAnswers(folder, (answer) => answer.toLowerCase()), ["late", "no", "owl"]);
  assert.deepEqual(await vqaAnswers(folder, (answer) => answer), ["late", "owl"]);
});
