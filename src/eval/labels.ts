/** Labels of pictures and of sentences, and scores of sentences, beside what a guess that reads nothing gives. */
import type { Backend } from "../backends/backend.ts";
import { fail } from "../core/errors.ts";
import { needForm, type PictureDataset } from "../datasets/contracts.ts";
import { accuracy } from "../metrics/accuracy.ts";
import { type Interval, wilsonInterval } from "../metrics/confidence.ts";
import { pearson, spearman } from "../metrics/correlation.ts";
import { f1 } from "../metrics/f1.ts";
import { matthews } from "../metrics/matthews.ts";
import { ranked } from "./answers.ts";
import type { RunWithData } from "./open-run.ts";
import { needTask, scoredExamples } from "./task-batches.ts";

/** A picture or sentences, and the likeliest labels; `truth` is absent where it is held back. */
export interface LabelPrediction {
  readonly id: string;
  readonly truth?: string;
  readonly top: readonly { readonly answer: string; readonly probability: number }[];
}

/** Fractions in [0, 1], and Matthews' correlation in [-1, 1]. */
export interface LabelScores {
  readonly accuracy: number;
  readonly interval: Interval;
  /** Share whose label is among the five likeliest; absent where there are not more. */
  readonly top5?: number;
  /** Harmonic mean of precision and recall, the mean over labels. */
  readonly f1: number;
  readonly matthews: number;
  /** Share of the commonest label of the split: what a guess reaches at best. */
  readonly majority: number;
}

/** Scores of one split; none where labels are held back. */
export interface LabelResult {
  readonly split: string;
  readonly n: number;
  readonly scores?: LabelScores;
  readonly predictions: readonly LabelPrediction[];
}

/** How many labels are told of each example. */
const told = 5;

/** Labels the first `n` examples of a split. @throws BifocalError when the run was trained for something else. */
export async function evaluateLabels(
  backend: Backend,
  run: RunWithData,
  kind: "classification" | "sentences",
  split: string,
  n: number,
): Promise<LabelResult> {
  const { dataset } = run.source;
  const labelOf = labelled(dataset, kind);
  const predictions: LabelPrediction[] = [];
  const examples = scoredExamples(backend, run, kind, split, n, (task, batch) =>
    task.scores(batch).softmax(),
  );
  for await (const { index, scores } of examples) {
    const top = ranked(scores, run.answers).slice(0, told);
    predictions.push({ ...(await labelOf(split, index)), top });
  }
  return scoreLabels(split, predictions, run.answers.length);
}

/** Scores labels; `labels` is how many there are to choose from. */
export function scoreLabels(
  split: string,
  predictions: readonly LabelPrediction[],
  labels: number,
): LabelResult {
  const n = predictions.length;
  const truths = predictions.flatMap(({ truth }) => truth ?? []);
  if (truths.length < n) return { split, n, predictions };
  const paired = { predictions: predictions.map(({ top }) => top[0]!.answer), truths };
  const right = Math.round(accuracy(paired) * n);
  const among = predictions.filter(({ truth, top }) => top.some(({ answer }) => answer === truth)).length;
  const counts = new Map<string, number>();
  for (const truth of truths) counts.set(truth, (counts.get(truth) ?? 0) + 1);
  const scores = {
    accuracy: accuracy(paired),
    interval: wilsonInterval(right, n),
    ...(labels > told && { top5: among / n }),
    f1: f1(paired).macro,
    matthews: matthews(paired),
    majority: Math.max(...counts.values()) / n,
  };
  return { split, n, scores, predictions };
}

function labelled(dataset: PictureDataset, kind: "classification" | "sentences") {
  if (kind === "classification") {
    const classed = needForm(dataset, "classes", "task classification");
    return async (split: string, index: number) => {
      const { picture, label } = await classed(split, index);
      return { id: picture.id, truth: label };
    };
  }
  const read = needForm(dataset, "sentences", "task sentences");
  return async (split: string, index: number) => {
    const { id, label } = await read(split, index);
    return { id, ...(label !== undefined && { truth: label }) };
  };
}

/** Sentences and the number said of them; `truth` is absent where it is held back. */
export interface ScorePrediction {
  readonly id: string;
  readonly truth?: number;
  readonly predicted: number;
}

/** Correlations in [-1, 1], absent where scores are held back. */
export interface ScoreResult {
  readonly split: string;
  readonly n: number;
  readonly pearson?: number;
  readonly spearman?: number;
  readonly predictions: readonly ScorePrediction[];
}

/** Scores the first `n` examples of a split of sentences. @throws BifocalError when the run says labels. */
export async function evaluateScores(
  backend: Backend,
  run: RunWithData,
  split: string,
  n: number,
): Promise<ScoreResult> {
  if (needTask(run, "sentences").says !== "score") {
    fail("usage", run.config.name, { expected: "a run that says scores", got: "one that says labels" });
  }
  const read = needForm(run.source.dataset, "sentences", "task sentences");
  const predictions: ScorePrediction[] = [];
  const examples = scoredExamples(backend, run, "sentences", split, n, (task, batch) => task.scores(batch));
  for await (const { index, scores } of examples) {
    const { id, score } = await read(split, index);
    predictions.push({ id, ...(score !== undefined && { truth: score }), predicted: scores[0]! });
  }
  const truths = predictions.flatMap(({ truth }) => truth ?? []);
  if (truths.length < predictions.length) return { split, n: predictions.length, predictions };
  const paired = { predictions: predictions.map(({ predicted }) => predicted), truths };
  return {
    split,
    n: predictions.length,
    pearson: pearson(paired),
    spearman: spearman(paired),
    predictions,
  };
}
