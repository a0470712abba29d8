/** Submissions to benchmarks scored with the files that these publish. */
import { z } from "zod";
import { fail } from "../../core/errors.ts";
import { accuracy } from "../../metrics/accuracy.ts";
import { auroc } from "../../metrics/auroc.ts";
import { consistency, sentenceOf } from "../../metrics/consistency.ts";
import { type VqaAccuracy, vqaAccuracy } from "../../metrics/vqa-accuracy.ts";
import { byId, matchIds } from "./match-ids.ts";
import { numberSchema, readRows } from "./pairs.ts";
import { checkShape, readJson, readText } from "./read.ts";

/** A share in [0, 1] of `n`, and of groups by name. */
export interface BenchmarkScores {
  readonly accuracy: number;
  readonly perQuestionType?: Readonly<Record<string, number>>;
  readonly n: number;
}

const id = z.union([z.string(), z.int().transform(String)], { error: "expected an id" });
const gqaQuestions = z.record(
  z.string(),
  z.object({ answer: z.string(), types: z.object({ structural: z.string() }).optional() }),
);
const gqaPredictions = z.array(z.object({ questionId: id, prediction: z.string() }));

/** GQA: answers equal to the right one, by structural type. @throws BifocalError for ids that are not in both files. */
export async function scoreGqa(questions: string, predictions: string): Promise<BenchmarkScores> {
  const asked = byId(questions, "a question", Object.entries(await readJson(questions, gqaQuestions)));
  const given = await readJson(predictions, gqaPredictions);
  const said = byId(
    predictions,
    "an answer",
    given.map(({ questionId, prediction }) => [questionId, prediction] as const),
  );
  matchIds("an answer", asked, said);
  const entries = [...asked.values].map(([key, { answer, types }]) => ({
    truth: answer,
    prediction: said.values.get(key)!,
    type: types?.structural ?? "all",
  }));
  const types = [...new Set(entries.map(({ type }) => type))].sort();
  return {
    accuracy: shareOf(entries),
    perQuestionType: Object.fromEntries(
      types.map((type) => [type, shareOf(entries.filter((entry) => entry.type === type))]),
    ),
    n: entries.length,
  };
}

const vizwizAnnotations = z
  .array(
    z.object({
      image: z.string(),
      answer_type: z.string(),
      answers: z.array(z.object({ answer: z.string() })).min(1),
    }),
  )
  .min(1);
const vizwizPredictions = z.array(z.object({ image: z.string(), answer: z.string() }));

/** VizWiz: the VQA measure, by type of answer. @throws BifocalError for pictures that are not in both files. */
export async function scoreVizwiz(annotations: string, predictions: string): Promise<VqaAccuracy> {
  const annotated = byId(
    annotations,
    "an annotation",
    (await readJson(annotations, vizwizAnnotations)).map((item) => [item.image, item] as const),
  );
  const said = byId(
    predictions,
    "an answer",
    (await readJson(predictions, vizwizPredictions)).map(({ image, answer }) => [image, answer] as const),
  );
  matchIds("an answer", annotated, said);
  return vqaAccuracy(
    [...annotated.values.values()].map(({ image, answers, answer_type }) => ({
      prediction: said.values.get(image)!,
      answers: answers.map(({ answer }) => answer),
      questionType: "all",
      answerType: answer_type,
    })),
  );
}

const verdict = z
  .string()
  .transform((text) => text.trim().toLowerCase())
  .pipe(z.enum(["true", "false"], { error: "expected True or False" }));
const statement = z.object({ identifier: z.string(), label: verdict });

/** Also the share of sentences, in [0, 1], that are judged right about all their pairs of pictures. */
export interface Nlvr2Scores extends BenchmarkScores {
  readonly consistency: number;
}

/**
 * NLVR2: `truths` as published, JSON lines; predictions are lines "identifier,True", in any case of letters as the official
 * scorer takes them. @throws BifocalError as the others, and for an identifier of another form.
 */
export async function scoreNlvr2(truths: string, predictions: string): Promise<Nlvr2Scores> {
  const records = linesOf(truths, await readText(truths));
  const labelled = records.map((record) => checkShape(truths, record, statement));
  const text = await readText(predictions);
  const said = text.split(/\r?\n/).flatMap((line): (readonly [string, string])[] => {
    const comma = line.lastIndexOf(",");
    if (line === "") return [];
    const label = checkShape(`${predictions} line "${line}"`, line.slice(comma + 1), verdict);
    return [[line.slice(0, Math.max(0, comma)).trim(), label]];
  });
  const entries = pairLabels(
    truths,
    labelled.map(({ identifier, label }) => [identifier, label]),
    predictions,
    said,
  );
  const marks = entries.map(({ id, truth, prediction }) => {
    const { set, number } =
      sentenceOf(id) ??
      fail("data", truths, { expected: "identifiers as dev-850-0-1: split, set, pair, sentence", got: id });
    return { sentence: `${set}-${number}`, right: prediction === truth };
  });
  return { accuracy: shareOf(entries), consistency: consistency(marks), n: entries.length };
}

const label01 = z.union([z.literal([0, 1]), z.literal(["0", "1"]).transform(Number)], {
  error: "expected 0 or 1",
});
const meme = z.object({ id, label: label01 });
const memeRow = z.object({ id, proba: numberSchema, label: label01 });

/** Fractions in [0, 1]. */
export interface MemeScores {
  /** What the challenge ranks by, of the probabilities. */
  readonly auroc: number;
  /** Of the labels. */
  readonly accuracy: number;
  readonly n: number;
}

/**
 * Hateful Memes: `truths` as published, JSON lines with labels; predictions have columns id, proba and label.
 * @throws BifocalError as the others, and where all truths are alike.
 */
export async function scoreMemes(truths: string, predictions: string): Promise<MemeScores> {
  const records = linesOf(truths, await readText(truths)).map((record) => checkShape(truths, record, meme));
  const known = byId(
    truths,
    "a label",
    records.map((record) => [record.id, record.label] as const),
  );
  const rows = checkShape(predictions, await readRows(predictions), z.array(memeRow));
  const given = byId(
    predictions,
    "a prediction",
    rows.map((row) => [row.id, row] as const),
  );
  matchIds("a prediction", known, given);
  const entries = [...known.values].map(([key, truth]) => ({ ...given.values.get(key)!, truth }));
  return {
    auroc: auroc({
      scores: entries.map(({ proba }) => proba),
      positive: entries.map(({ truth }) => truth === 1),
    }),
    accuracy: shareOf(entries.map(({ truth, label }) => ({ truth: `${truth}`, prediction: `${label}` }))),
    n: entries.length,
  };
}

const hypothesis = z.object({ pairID: z.string(), gold_label: z.string() });
const labelRow = z.object({ id, prediction: z.string() });

/** SNLI-VE: `truths` as published, JSON lines; predictions have columns id and prediction. @throws BifocalError as the others. */
export async function scoreSnliVe(truths: string, predictions: string): Promise<BenchmarkScores> {
  const records = linesOf(truths, await readText(truths));
  const labelled = records.map((record) => checkShape(truths, record, hypothesis));
  const said = checkShape(predictions, await readRows(predictions), z.array(labelRow));
  const entries = pairLabels(
    truths,
    labelled.map(({ pairID, gold_label }) => [pairID, gold_label]),
    predictions,
    said.map((row) => [row.id, row.prediction]),
  );
  return { accuracy: shareOf(entries), n: entries.length };
}

function pairLabels(
  truths: string,
  labelled: readonly (readonly [string, string])[],
  predictions: string,
  said: readonly (readonly [string, string])[],
) {
  const known = byId(truths, "a label", labelled);
  const given = byId(predictions, "a prediction", said);
  matchIds("a prediction", known, given);
  return [...known.values].map(([key, truth]) => ({ id: key, truth, prediction: given.values.get(key)! }));
}

function shareOf(entries: readonly { readonly truth: string; readonly prediction: string }[]): number {
  return accuracy({
    truths: entries.map(({ truth }) => truth),
    predictions: entries.map(({ prediction }) => prediction),
  });
}

function linesOf(where: string, text: string): unknown[] {
  return text
    .split(/\r?\n/)
    .filter((line) => line !== "")
    .map((line, i) => checkShape(`${where} line ${i + 1}`, safely(line), z.looseObject({})));
}

function safely(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}
