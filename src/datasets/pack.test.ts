/** This file also runs itself as the packer that is killed ("packer"). */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fail, rng } from "../core/index.ts";
import { openParquet } from "../files/parquet-file.ts";
import { shardPaths } from "../files/shard-paths.ts";
import { type Table, tableOf } from "../files/table.ts";
import { openTarShards } from "../files/webdataset.ts";
import type {
  CaptionExample,
  ClassExample,
  PairStatementExample,
  QuestionExample,
  StoredImage,
} from "./examples.ts";
import { type PackOptions, pack } from "./pack.ts";
import type { PictureForm } from "./pack-layout.ts";
import { parquetRows } from "./parquet-examples.ts";
import { rowExamples } from "./row-examples.ts";
import { webdatasetExamples } from "./webdataset-examples.ts";

const silent = () => ({ update: () => undefined, finish: () => undefined });

function image(name: string, seed: number): StoredImage {
  const bytes = Buffer.alloc(300 + seed * 7, seed);
  bytes.write("\xff\xd8\xff\xe0", "latin1");
  return { id: name, where: name, read: async () => bytes };
}

const captions: Table<CaptionExample> = {
  size: 23,
  get: async (i) => ({
    image: image(`é/${i}.jpg`, i),
    captions: Array.from({ length: i % 4 }, (_, j) => `caption "${i}" ${j}`),
  }),
};

/** Slow enough to be killed in the middle. */
const slow: Table<CaptionExample> = {
  size: 120,
  get: async (i) => {
    await sleep(20);
    return { image: image(`${i}.jpg`, i), captions: [`caption ${i}`] };
  },
};

function options(folder: string, format: "webdataset" | "parquet"): PackOptions<"captions"> {
  return { form: "captions", format, folder, source: "test", shardSize: 10, damaged: "stop" };
}

async function packed<F extends PictureForm>(form: F, format: "webdataset" | "parquet", place: string) {
  return format === "parquet"
    ? rowExamples(await parquetRows(await shardPaths(place, ".parquet")), form)
    : webdatasetExamples(form, await shardPaths(place, ".tar"));
}

const [, , role, target = "", wanted = ""] = process.argv;
if (role === "packer") {
  const update = () => void process.stdout.write(".");
  await pack(slow, options(target, wanted === "parquet" ? "parquet" : "webdataset"), () => ({
    update,
    finish: () => undefined,
  }));
} else {
  const folder = mkdtempSync(join(tmpdir(), "bifocal-pack-"));
  after(() => rmSync(folder, { recursive: true }));

  for (const format of ["webdataset", "parquet"] as const) {
    test(`captions come back from ${format}`, async () => {
      const place = join(folder, `captions-${format}`);
      const manifest = await pack(captions, options(place, format), silent);
      assert.deepEqual(
        manifest.shards.map(({ first, samples }) => [first, samples]),
        [
          [0, 10],
          [10, 10],
          [20, 3],
        ],
      );
      const table = await packed("captions", format, place);
      assert.equal(table.size, captions.size);
      for (const index of [22, 0, 10, 9, 13]) {
        const [found, example] = [await table.get(index), await captions.get(index)];
        assert.deepEqual([found.image.id, found.captions], [example.image.id, example.captions]);
        assert.deepEqual(Buffer.from(await found.image.read()), await example.image.read());
      }
    });

    test(`a killed packer of ${format} goes on, and its shards are the same to the byte`, async () => {
      const whole = join(folder, `whole-${format}`);
      const killed = join(folder, `killed-${format}`);
      await pack(slow, options(whole, format), silent);
      const draws = rng("pack", format);
      let kills = 0;
      for (let ended = false; !ended; ) {
        const child = spawn(process.execPath, [import.meta.filename, "packer", killed, format], {
          stdio: ["ignore", "pipe", "inherit"],
        });
        const end = new Promise<number | null>((resolve) => child.once("exit", resolve));
        // The moment of the kill counts from the first example on: starting takes any time on a busy machine.
        child.stdout.once("data", () => {
          if (kills < 3) setTimeout(() => child.kill("SIGKILL"), 150 * draws.uniform());
        });
        child.stdout.resume();
        const code = await end;
        ended = code !== null;
        if (ended) assert.equal(code, 0);
        else kills++;
      }
      assert.ok(kills > 0);
      assert.deepEqual(readdirSync(killed), readdirSync(whole));
      for (const name of readdirSync(whole)) {
        assert.ok(readFileSync(join(killed, name)).equals(readFileSync(join(whole, name))), name);
      }
    });
  }

  test("questions, classes and pairs keep their fields", async () => {
    const questions: QuestionExample[] = [
      {
        image: image("a.jpg", 1),
        questionId: "7",
        question: "what?",
        answers: ["x", "y"],
        answerType: "other",
      },
      { image: image("b.jpg", 2), questionId: "8", question: "who?" },
    ];
    const common = { source: "test", shardSize: 10, damaged: "stop" } as const;
    for (const format of ["webdataset", "parquet"] as const) {
      const place = join(folder, `questions-${format}`);
      await pack(tableOf(questions), { ...common, form: "questions", format, folder: place }, silent);
      const table = await packed("questions", format, place);
      for (const [i, { image: asked, ...rest }] of questions.entries()) {
        const { image: found, ...fields } = await table.get(i);
        assert.deepEqual([found.id, fields], [asked.id, rest]);
      }
    }
    const place = join(folder, "classes");
    const classes: ClassExample[] = [{ image: image("c.jpg", 3), label: "dog", class: 4 }];
    await pack(tableOf(classes), { ...common, form: "classes", format: "webdataset", folder: place }, silent);
    const { image: found, ...fields } = await (await packed("classes", "webdataset", place)).get(0);
    assert.deepEqual([found.id, fields], ["c.jpg", { label: "dog", class: 4 }]);

    const pairs: PairStatementExample[] = [
      { images: [image("l.jpg", 5), image("r.jpg", 6)], id: "p", sentence: "both", label: false },
    ];
    const pairOptions = { ...common, form: "pair statements" } as const;
    const tars = join(folder, "pairs");
    await pack(tableOf(pairs), { ...pairOptions, format: "webdataset", folder: tars }, silent);
    const { parts } = await (await openTarShards(await shardPaths(tars, ".tar"))).sample(0);
    assert.deepEqual([...parts.keys()], ["0.jpg", "1.jpg", "json"]);
    const record: unknown = JSON.parse(Buffer.from(await parts.get("json")!.read()).toString());
    assert.deepEqual(record, { images: ["l.jpg", "r.jpg"], id: "p", sentence: "both", label: false });
    const parquet = join(folder, "pairs-parquet");
    await pack(tableOf(pairs), { ...pairOptions, format: "parquet", folder: parquet }, silent);
    const [file] = await shardPaths(parquet, ".parquet");
    const row = await (await openParquet(file!)).row(0, ["image_id", "sentence", "label"]);
    assert.deepEqual(row, { image_id: ["l.jpg", "r.jpg"], sentence: "both", label: "false" });
  });

  test("damaged examples end the work, or are left out and listed", async () => {
    const damaged: Table<CaptionExample> = {
      size: captions.size,
      get: async (i) => {
        if (i === 12) return fail("data", "row 12", { got: "nonsense" });
        const example = await captions.get(i);
        const text = { ...example.image, where: "file 15", read: async () => Buffer.from("no picture") };
        return i === 15 ? { ...example, image: text } : example;
      },
    };
    const place = join(folder, "damaged");
    await assert.rejects(pack(damaged, options(place, "webdataset"), silent), /row 12: got nonsense/);
    const manifest = await pack(damaged, { ...options(place, "webdataset"), damaged: "skip" }, silent);
    assert.deepEqual(
      manifest.skipped.map(({ index, reason }) => [index, reason.slice(0, 30)]),
      [
        [12, "row 12: got nonsense"],
        [15, "file 15: expected a picture: J"],
      ],
    );
    assert.deepEqual(
      manifest.shards.map(({ samples }) => samples),
      [10, 8, 3],
    );
    const table = await packed("captions", "webdataset", place);
    assert.deepEqual([table.size, (await table.get(12)).image.id], [21, "é/13.jpg"]);
  });

  test("a folder of other data is refused, a finished one is left as it is", async () => {
    const place = join(folder, "again");
    const manifest = await pack(captions, options(place, "webdataset"), silent);
    assert.deepEqual(await pack(captions, options(place, "webdataset"), silent), manifest);
    const other = { ...options(place, "webdataset"), source: "other" };
    await assert.rejects(pack(captions, other, silent), /expected source other, got test; .*choose another/);
    writeFileSync(join(place, "00001.tar"), "cut");
    await assert.rejects(pack(captions, options(place, "webdataset"), silent), /as the manifest says, got 3/);
  });
}
