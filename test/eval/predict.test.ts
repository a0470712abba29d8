import assert from "node:assert/strict";
import { appendFileSync, readFileSync, truncateSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { referenceBackend } from "#src/backends/reference/index.ts";
import { storedImage } from "#src/datasets/dataset-folder.ts";
import type { OpenedRun } from "#src/eval/open-run.ts";
import { openPairPredictor } from "#src/eval/pair-predictor.ts";
import { type Prediction, type Predictor, predict } from "#src/eval/predict.ts";
import { type ListOptions, predictList } from "#src/eval/predict-list.ts";
import { openCsv } from "#src/files/csv.ts";
import { encodePng } from "#src/files/png.ts";
import { download } from "#src/hub/download.ts";
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

const picture = (path: string) => storedImage(dirname(path), basename(path), path);
const silent = () => ({ update: () => undefined, finish: () => undefined });

async function ask(run: OpenedRun, images: readonly string[], texts: readonly string[], batch = 3) {
  const predictor = await openPairPredictor(referenceBackend, run, { batch, tooLong: "error" });
  return predict(predictor, images.map(picture), texts);
}

const vqa = { kind: "vqa", questionsPerImage: 2 } as const;

test("every picture with every text, pictures first, five answers each", async () => {
  const run = await smallRun(folder, { kind: "meter", task: vqa, batch: 3 });
  const texts = ["how many dots", "many"];
  const predictions = await ask(run, [dark, light], texts);
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
  const alone = await ask(run, [light], ["many"], 1);
  assert.deepEqual(alone, predictions.slice(3));
});

test("a pretrained run says similarity and match as far as it has heads for them", async () => {
  const itc = { weight: 1, width: 5 };
  const both = { kind: "pretrain", itc, itm: { weight: 1, negatives: "hard" } } as const;
  const fused = await smallRun(folder, { kind: "meter", task: both, batch: 2 });
  const [first] = await ask(fused, [dark], ["two dots"]);
  assert.ok(Math.abs(first!.similarity!) <= 1 && first!.match! > 0 && first!.match! < 1);
  const dual = await smallRun(folder, { kind: "dual-encoder", task: { kind: "pretrain", itc }, batch: 2 });
  const [second] = await ask(dual, [dark], ["two dots"]);
  assert.ok(Math.abs(second!.similarity!) <= 1);
  assert.deepEqual(Object.keys(second!).sort(), ["image", "similarity", "text"]);
});

test("what is wrong with a picture or a text is told in its place, and the others are judged", async () => {
  const run = await smallRun(folder, { kind: "meter", task: vqa, batch: 2 });
  const note = join(folder, "note.txt");
  await writeFile(note, "not a picture");
  const long = "how many dots how many dots how many dots";
  const images = [dark, join(folder, "none.png"), note, light];
  const predictions = await ask(run, images, ["many", long]);
  const good = await ask(run, [dark, light], ["many"]);
  assert.deepEqual([predictions[0], predictions[6]], good);
  const errors = predictions.map(({ error }) => error ?? "");
  assert.match(errors[1]!, /at most 9 tokens, got 11/);
  assert.match(errors[2]!, /none\.png: expected a picture file, got no such file/);
  assert.match(errors[4]!, /note\.txt: expected a whole picture/);
  assert.ok(predictions.every(({ answers, error }) => (answers === undefined) === (error !== undefined)));
  const cut = await openPairPredictor(referenceBackend, run, { batch: 2, tooLong: "truncate" });
  assert.equal((await predict(cut, [picture(dark)], [long]))[0]!.answers!.length, 5);
});

test("a list is judged row by row, goes on where a kill left it, and names bad rows", async () => {
  const run = await smallRun(folder, { kind: "meter", task: vqa, batch: 3 });
  const predictor = await openPairPredictor(referenceBackend, run, { batch: 4, tooLong: "error" });
  const root = join(folder, "list");
  await mkdir(root);
  const rows = Array.from({ length: 40 }, (_, i): [string, string] => {
    if (i === 7) return ["none.png", "many"];
    if (i === 9) return ["https://nowhere.invalid/a.png", "many"];
    return [
      i % 3 === 0 ? dark : light,
      i === 11 ? 'a "quoted", \n text' : `how many ${"dots ".repeat(i % 3)}`,
    ];
  });
  const quoted = ([image, text]: [string, string]) => `${image},"${text.replaceAll('"', '""')}"`;
  const list = join(root, "list.csv");
  await writeFile(list, `photo,question\n${rows.map(quoted).join("\n")}\nonly one value\n`);
  const options = (out: string): ListOptions => ({
    path: list,
    imageColumn: "photo",
    text: { column: "question" },
    out: join(root, out),
    resume: false,
    allowUrls: false,
  });
  const result = await predictList(predictor, options("whole.csv"), silent);
  assert.deepEqual([result.rows, result.before, result.failed], [41, 0, 3]);
  assert.deepEqual(
    result.failures.map(({ row }) => row),
    [8, 10, 41],
  );
  assert.match(result.failures[1]!.error, /add --allow-urls/);
  const whole = readFileSync(join(root, "whole.csv"));
  const table = await openCsv(join(root, "whole.csv"));
  assert.equal(table.size, 41);
  const { values } = await table.get(11);
  assert.deepEqual([values.row, values.text], ["12", rows[11]![1]]);
  const [alone] = await predict(predictor, [picture(rows[11]![0])], [rows[11]![1]]);
  assert.deepEqual([values.answer, Number(values.probability)], Object.values(alone!.answers![0]!));
  const again = predictList(predictor, options("whole.csv"), silent);
  await assert.rejects(again, /got a file that is there; add --resume/);
  for (const bytes of [0, 20, 60, 500, 1400, whole.length]) {
    await writeFile(join(root, "part.csv"), whole.subarray(0, bytes));
    await predictList(predictor, { ...options("part.csv"), resume: true }, silent);
    assert.ok(readFileSync(join(root, "part.csv")).equals(whole), `${bytes} bytes`);
  }
  await predictList(predictor, options("whole.jsonl"), silent);
  const lines = readFileSync(join(root, "whole.jsonl"), "utf8").trimEnd().split("\n");
  const first = JSON.parse(lines[0]!) as Prediction & { row: number };
  assert.deepEqual([lines.length, first.row, first.answers!.length], [41, 1, 5]);
  truncateSync(join(root, "whole.jsonl"), 3000);
  appendFileSync(join(root, "whole.jsonl"), '{"row":');
  await predictList(predictor, { ...options("whole.jsonl"), resume: true }, silent);
  assert.deepEqual(readFileSync(join(root, "whole.jsonl"), "utf8").trimEnd().split("\n"), lines);
  const other = { ...options("part.csv"), resume: true, text: { forAll: "many" } };
  await assert.rejects(predictList(predictor, other, silent), /expected results of this list/);
  const wrong = { ...options("new.csv"), imageColumn: "phot" };
  await assert.rejects(predictList(predictor, wrong, silent), /expected a column phot, .*did you mean photo/);
  await assert.rejects(predictList(predictor, options("new.txt"), silent), /a \.csv or \.jsonl file/);
});

test("pictures of addresses are fetched where that is asked for, within bounds", async () => {
  const run = await smallRun(folder, { kind: "meter", task: vqa, batch: 2 });
  const predictor: Predictor = await openPairPredictor(referenceBackend, run, { batch: 2, tooLong: "error" });
  const bytes = readFileSync(light);
  const server = createServer(({ url }, response) => {
    if (url === "/light.png") response.end(bytes);
    else if (url === "/away") response.writeHead(302, { location: "/light.png" }).end();
    else if (url === "/endless") {
      const more = () => response.write(Buffer.alloc(65_536), more);
      more();
    } else if (url === "/announced") response.writeHead(200, { "content-length": "999999999" }).write("x");
    else if (url === "/slow") response.write("x");
    else if (url === "/broken")
      response.writeHead(200, { "content-length": "9" }).write("x", () => response.destroy());
    else response.writeHead(url === "/empty" ? 200 : 404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  after(() => server.closeAllConnections());
  try {
    const list = join(folder, "web.jsonl");
    const names = [`${base}/light.png`, `${base}/none.png`, light, `${base}/away`];
    await writeFile(list, names.map((image) => `${JSON.stringify({ image, text: "many" })}\n`).join(""));
    const out = join(folder, "web-results.jsonl");
    const common = { path: list, imageColumn: "image", text: { column: "text" }, resume: false };
    const result = await predictList(predictor, { ...common, out, allowUrls: true }, silent);
    assert.deepEqual([result.failed, result.failures[0]?.row], [1, 2]);
    assert.match(result.failures[0]!.error, /none\.png: .*got status 404/);
    const found = readFileSync(out, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as Prediction).answers);
    assert.deepEqual(found[0], found[2]);
    assert.deepEqual(found[0], found[3]);
    const limits = { bytes: 200_000, milliseconds: 700 };
    assert.deepEqual(Buffer.from(await download(`${base}/light.png`, limits)), bytes);
    for (const [path, message] of [
      ["/endless", /expected at most 200000 bytes, got more/],
      ["/announced", /expected at most 200000 bytes, got 999999999/],
      ["/slow", /not all of it within 0\.7 s/],
      ["/broken", /expected a picture at this address/],
      ["/empty", /got nothing/],
    ] as const) {
      await assert.rejects(download(base + path, limits), message, path);
    }
    await assert.rejects(download("file:///etc/passwd"), /an http or https address/);
    await assert.rejects(download("http://a:b@127.0.0.1/"), /one with a password/);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
