import { availableParallelism, cpus } from "node:os";
import { needForm } from "../datasets/contracts.ts";
import { type AnswerScores, ranked } from "../eval/answers.ts";
import type { RunWithData } from "../eval/open-run.ts";
import { squareGrid } from "../eval/report/attention.ts";
import type { Chart } from "../eval/report/curves.ts";
import type { Example } from "../eval/report/examples.ts";
import type { Report } from "../eval/report/report.ts";
import type { Retrieval } from "../eval/report/retrieval.ts";
import type { RetrievalResult } from "../eval/retrieval.ts";
import type { Answerer } from "../eval/vqa.ts";
import type { JsonRecord } from "../files/jsonl.ts";
import { encodePng } from "../files/png.ts";
import { showEnvironments } from "../train/environments.ts";
import type { DemoResults } from "./demo-results.ts";

/** What metrics.jsonl of a run holds, under its recipe's name. */
export interface History {
  readonly name: string;
  readonly records: readonly JsonRecord[];
}

const splitNames: Readonly<Record<string, string>> = {
  test: "unseen scenes",
  "test-combinations": "unseen combinations",
  "test-style": "unseen style",
};

const examplePictures = 6;
const retrievalQueries = 4;

/** The demonstration as a report: curves, tables, pictures with answers and attention, and how to repeat it. */
export async function demoReport(
  { summary, stages, vqa, retrieval }: DemoResults,
  histories: readonly History[],
  captioning: RunWithData,
  answerer: Answerer,
  asked: RunWithData,
): Promise<Report> {
  const seconds = stages.reduce((total, { result }) => total + result.seconds, 0);
  return {
    title: "Bifocal demonstration",
    subtitle:
      "A METER-style model pretrained on captions of Emoji World, fine-tuned to answer questions, and evaluated on scenes, combinations and a drawing style it never saw.",
    facts: [
      { label: "parameters", value: summary.parameters },
      { label: "whole demonstration", value: `${Math.round(summary.seconds)} s` },
      { label: "of it training", value: `${Math.round(seconds)} s` },
      { label: "pictures a second", value: summary.samplesPerSecond },
      { label: "machine", value: `${availableParallelism()} x ${cpus()[0]?.model ?? "unknown"}` },
      { label: "computed by", value: showEnvironments(stages.at(-1)!.result.computed) },
      { label: "seed", value: asked.config.train.seed },
    ],
    sections: [
      {
        heading: "Answering questions",
        text: "Share of right answers. Question-only is the most frequent training answer to the same words; majority is the most frequent answer of all.",
        body: { kind: "table", ...vqaTable(vqa) },
      },
      {
        heading: "By kind of question, unseen scenes",
        body: {
          kind: "table",
          columns: ["kind", "questions", "accuracy"],
          rows: Object.entries(vqa[0]!.kinds).map(([kind, { accuracy, total }]) => [
            kind,
            total,
            { fraction: accuracy },
          ]),
        },
      },
      {
        heading: "Finding captions and pictures",
        text: `R@1 among ${summary.retrieval.n}: towers encoded once, similarity shortlists ${retrieval[0]!.shortlist}, the fusion reranks.`,
        body: { kind: "table", ...retrievalTable(retrieval) },
      },
      { heading: "Training", body: { kind: "curves", charts: histories.map(lossChart) } },
      {
        heading: "Questions, answers and where the words looked",
        text: "The first pictures of the unseen scenes, not chosen. Point at a word to see its attention over the picture in the last fusion layer, mean of all heads.",
        body: { kind: "examples", examples: await vqaExamples(answerer, asked) },
      },
      {
        heading: "Captions found for pictures",
        text: "The first pictures of the unseen scenes, not chosen.",
        body: { kind: "retrieval", queries: await retrievalExamples(retrieval[0]!, captioning) },
      },
      { heading: "Do it again", body: { kind: "preformatted", text: "npm run demo" } },
    ],
  };
}

function vqaTable(results: readonly AnswerScores[]) {
  return {
    columns: ["split", "questions", "accuracy", "question-only", "majority"],
    rows: results.map((result) => [
      splitNames[result.split] ?? result.split,
      result.n,
      { fraction: result.accuracy, interval: result.interval, baseline: result.questionOnly },
      { fraction: result.questionOnly },
      { fraction: result.majority },
    ]),
    highlight: 0,
  };
}

function retrievalTable(results: readonly RetrievalResult[]) {
  const row = (result: RetrievalResult, kind: "dual" | "reranked") => {
    const scores = result[kind];
    if (scores === undefined) return [];
    const { i2t, t2i } = scores;
    return [
      [
        splitNames[result.split] ?? result.split,
        kind === "dual" ? "towers alone" : "reranked",
        { fraction: i2t.r1, interval: i2t.interval, baseline: result.chance },
        { fraction: i2t.r5 },
        { fraction: i2t.r10 },
        { fraction: t2i.r1, interval: t2i.interval, baseline: result.chance },
        { fraction: t2i.r5 },
        { fraction: t2i.r10 },
      ],
    ];
  };
  return {
    columns: ["split", "scores", "caption R@1", "R@5", "R@10", "picture R@1", "R@5", "R@10"],
    rows: results.flatMap((result) => [...row(result, "dual"), ...row(result, "reranked")]),
  };
}

function lossChart({ name, records }: History): Chart {
  const points = (key: string) =>
    records.flatMap((record): (readonly [number, number])[] => {
      const value = record[key];
      return typeof value === "number" && typeof record.step === "number" ? [[record.step, value]] : [];
    });
  return {
    series: [
      { name: `${name} training`, points: points("train/loss") },
      { name: `${name} validation`, points: points("val/loss") },
    ],
    xLabel: "step",
    yLabel: "loss in nats",
  };
}

async function vqaExamples(answerer: Answerer, { source, sizes }: RunWithData): Promise<Example[]> {
  const { imageSize } = sizes;
  const pictureOf = needForm(source.dataset, "pictures", "the report");
  const pictures = await answerer.answer("test", 0, examplePictures);
  const examples = pictures.map(async ({ image, asked, probabilities, attention }): Promise<Example[]> => {
    const picture = await pictureOf("test", image);
    const png = encodePng(await picture.pixels(imageSize), { width: imageSize, height: imageSize });
    const questions = asked.map(({ question }) => question);
    const tokens = await source.tokenizer.encode(questions, { length: sizes.textLength, tooLong: "error" });
    return asked.map(({ question, answer: truth }, q) => {
      const top = ranked(probabilities[q]!, source.dataset.answers).slice(0, 3);
      const places = attention[q]!.flatMap((weights, t) => {
        const place = q * sizes.textLength + t;
        const word = tokens.words[place]! < 0 ? undefined : source.tokenizer.token(tokens.ids[place]!);
        return word === undefined ? [] : [{ word, weights }];
      });
      return {
        image: png,
        question,
        answer: top[0]!.answer,
        truth,
        correct: top[0]!.answer === truth,
        top,
        attention: {
          words: places.map(({ word }) => word),
          grid: squareGrid(places[0]!.weights.length),
          weights: places.map(({ weights }) => weights),
        },
      };
    });
  });
  return (await Promise.all(examples)).flatMap((list) => list.slice(0, 2));
}

async function retrievalExamples(
  { scores, captions, n }: RetrievalResult,
  { source, sizes }: RunWithData,
): Promise<Retrieval[]> {
  const { imageSize } = sizes;
  const pictureOf = needForm(source.dataset, "pictures", "the report");
  const queries = Array.from({ length: retrievalQueries }, async (_, image) => {
    const picture = await pictureOf("test", image);
    const order = captions
      .map((_, text) => text)
      .sort((a, b) => scores[image * n + b]! - scores[image * n + a]!);
    return {
      query: encodePng(await picture.pixels(imageSize), { width: imageSize, height: imageSize }),
      results: order.slice(0, 4).map((text) => ({
        item: captions[text]!,
        score: scores[image * n + text]!,
        correct: text === image,
      })),
    };
  });
  return Promise.all(queries);
}
