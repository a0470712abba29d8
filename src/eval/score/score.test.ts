import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { parseCsv } from "./csv.ts";
import { fileMetrics, type ScoreFile } from "./index.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-score-"));
after(() => rmSync(folder, { recursive: true }));

const store = (name: string, content: unknown) => {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
};
const score = (metric: string, files: Partial<Record<ScoreFile, string>>) =>
  fileMetrics[metric]!.score(files as Record<ScoreFile, string>);

const answers = (text: string, n: number) =>
  Array.from({ length: n }, (_, i) => ({ answer: text, answer_id: i }));
const annotation = (question_id: number, text: string) => ({
  question_id,
  question_type: "what",
  answer_type: "other",
  answers: answers(text, 10),
  image_id: 3,
});
const questions = store("q.json", { questions: [{ question_id: 7 }, { question_id: 8 }], info: {} });
const annotations = store("a.json", { annotations: [annotation(8, "cat"), annotation(7, "dog")] });

test("VQA files are joined by question id", async () => {
  const predictions = store("p.json", [
    { question_id: 7, answer: "dog" },
    { question_id: 8, answer: "cow" },
  ]);
  assert.deepEqual(await score("vqa", { questions, annotations, predictions }), {
    accuracy: 0.5,
    perAnswerType: { other: 0.5 },
    perQuestionType: { what: 0.5 },
    n: 2,
  });
});

test("missing, unknown and repeated ids and a wrong form are told in a sentence", async () => {
  const cases: [unknown, RegExp][] = [
    [[{ question_id: 7, answer: "dog" }], /an answer for every id of .*q\.json, got none for id 8/],
    [[7, 8, 9, 10].map((question_id) => ({ question_id, answer: "" })), /got also 2 ids: 9, 10/],
    [[7, 8, 7].map((question_id) => ({ question_id, answer: "" })), /once, got more for id 7/],
    [[{ question_id: 7, answer: 5 }], /p\.json 0 answer: expected string, got number/],
    ["[", /expected JSON/],
    [[{ question_id: 7 }], /p\.json 0 answer: expected string, got nothing/],
  ];
  for (const [content, message] of cases) {
    const predictions = store("p.json", content);
    await assert.rejects(score("vqa", { questions, annotations, predictions }), message);
  }
  await assert.rejects(
    score("vqa", { questions: "nowhere", annotations, predictions: "" }),
    /check the path/,
  );
  const doubled = store("d.json", {
    annotations: [
      annotation(7, "dog"),
      { ...annotation(8, "x"), answers: [...answers("a", 2), ...answers("b", 1)] },
    ],
  });
  const predictions = store(
    "p.json",
    [7, 8].map((question_id) => ({ question_id, answer: "" })),
  );
  await assert.rejects(score("vqa", { questions, annotations: doubled, predictions }), /question 8/);
});

test("captions are joined by image, references in the order of the file", async () => {
  const marked = store("m.json", `\uFEFF${JSON.stringify({ images: [], annotations: [] })}`);
  await assert.rejects(
    score("caption", { references: marked, predictions: marked }),
    /m\.json images: expected at least 1 items, got fewer/,
  );
  const captioned = {
    images: [{ id: 2 }, { id: 1 }],
    annotations: [1, 2, 2].map((image_id) => ({ image_id, caption: `a photo of ${image_id} red dogs` })),
  };
  const references = store("r.json", captioned);
  const predictions = store(
    "c.json",
    [1, 2].map((image_id) => ({ image_id, caption: `A photo of ${image_id} red dogs.` })),
  );
  const figures = await score("caption", { references, predictions });
  assert.equal(figures.n, 2);
  assert.ok(Math.abs(Number(figures.bleu4) - 1) < 1e-6);
  const bare = store("r.json", { ...captioned, images: [{ id: 2 }, { id: 1 }, { id: 4 }] });
  await assert.rejects(score("caption", { references: bare, predictions }), /none for 1, the first 4/);
});

test("tables are joined by id, whatever their form", async () => {
  const truths = store("t.csv", 'id,truth\r\n1,"a, ""b"""\r\n2,1\r\n');
  const predictions = store("p.jsonl", '{"id":2,"prediction":1}\n{"id":1,"prediction":"x"}\n');
  assert.deepEqual(await score("accuracy", { truths, predictions }), { accuracy: 0.5, n: 2 });
  const flags = store("t.csv", "id,truth\na,0\nb,1\n");
  const scores = store("s.csv", "id,prediction\nb,.7\na,-1e-3\n");
  assert.deepEqual(await score("auroc", { truths: flags, predictions: scores }), { auroc: 1, n: 2 });
  await assert.rejects(
    score("pearson", { truths: store("x.csv", "id,truth\na,\n"), predictions: scores }),
    /a number/,
  );
  await assert.rejects(
    score("pearson", { truths: "x.txt", predictions: scores }),
    /\.json, \.jsonl or \.csv/,
  );
});

test("NLVR2's consistency counts sentences that are right about all their pairs", async () => {
  const labels = { "dev-1-0-0": "True", "dev-1-1-0": "False", "dev-1-0-1": "True", "dev-2-3-0": "False" };
  const truths = store(
    "n.json",
    Object.entries(labels)
      .map(([identifier, label]) => JSON.stringify({ identifier, label }))
      .join("\n"),
  );
  const predictions = store("n.csv", "dev-1-0-0,True\ndev-1-1-0,True\r\ndev-1-0-1,true\ndev-2-3-0, FALSE\n");
  assert.deepEqual(await score("nlvr2", { truths, predictions }), {
    accuracy: 3 / 4,
    consistency: 2 / 3,
    n: 4,
  });
  const wrong = store("w.csv", "dev-1-0-0,yes\n");
  await assert.rejects(
    score("nlvr2", { truths, predictions: wrong }),
    /"dev-1-0-0,yes": expected True or False/,
  );
});

test("GLUE's files and submissions to it are joined by index, and what does not fit is named", async () => {
  const truths = store(
    "rte.tsv",
    "index\tsentence1\tsentence2\tlabel\n0\ta\tb\tentailment\n1\ta\tb\tnot_entailment\n",
  );
  const submission = (...rows: readonly string[]) =>
    store("RTE.tsv", ["index\tprediction", ...rows].map((row) => `${row}\r\n`).join(""));
  const predictions = submission("1\tentailment", "0\tentailment");
  assert.deepEqual(await score("glue-rte", { truths, predictions }), { accuracy: 0.5, n: 2 });
  const cases: [readonly string[], RegExp][] = [
    [["0\tentailment"], /RTE\.tsv: expected a prediction for every id of .*rte\.tsv, got none for id 1/],
    [["0\tentailment", "1\tentailment", "2\tentailment"], /got also id 2/],
    [["0\tentailment", "0\tentailment"], /a prediction for each id once, got more for id 0/],
    [["0\t1", "1\t1"], /line 2: expected "prediction" to be entailment or not_entailment, got "1"/],
    [["0 entailment"], /line 2: expected 2 columns, got 1/],
  ];
  for (const [rows, message] of cases) {
    await assert.rejects(score("glue-rte", { truths, predictions: submission(...rows) }), message);
  }
  const unnamed = store("unnamed.tsv", "0\tentailment\n1\tentailment\n");
  await assert.rejects(
    score("glue-rte", { truths, predictions: unnamed }),
    /line 1: expected the names index and prediction with a tab between, got 0, entailment; write one line/,
  );
  const test = store("test.tsv", "index\tsentence1\tsentence2\n0\ta\tb\n");
  await assert.rejects(
    score("glue-rte", { truths: test, predictions }),
    /expected a column "label", got index/,
  );
});

test("a similarity table gives recall both ways", async () => {
  const predictions = store("s.json", {
    scores: [
      [0.9, 0.1, 0.2],
      [0.3, 0.2, 0.4],
    ],
    imageOf: [0, 1, 1],
  });
  assert.deepEqual(await score("recall", { predictions }), {
    imageToText: { r1: 1, r5: 1, r10: 1 },
    textToImage: { r1: 1, r5: 1, r10: 1 },
    recallSum: 6,
    images: 2,
    texts: 3,
  });
  await assert.rejects(
    score("recall", { predictions: store("s.json", { scores: [[1]], imageOf: [1] }) }),
    /below 1/,
  );
});

test("CSV cells may hold commas, quotes and line breaks; uneven rows are refused", () => {
  assert.deepEqual(parseCsv("x", 'a,b\n"1\n2","say ""no"""\n,\n'), [
    { a: "1\n2", b: 'say "no"' },
    { a: "", b: "" },
  ]);
  assert.throws(() => parseCsv("x", "a,b\n1\n"), /row 1: expected 2 cells, got 1/);
  assert.throws(() => parseCsv("x", 'a\n"1\n'), /quotes/);
});
