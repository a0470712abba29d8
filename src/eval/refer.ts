/** Referring expressions: share whose box is found, by kind, beside what a guess among the boxes gives. */
import type { Backend } from "../backends/backend.ts";
import { type Box, needForm } from "../datasets/contracts.ts";
import { intersectionOverUnion } from "../metrics/box-accuracy.ts";
import { type Interval, wilsonInterval } from "../metrics/confidence.ts";
import { type Accuracy, accuracyByKind } from "../metrics/vqa-baselines.ts";
import { candidatesOf } from "../tasks/referring.ts";
import type { RunWithData } from "./open-run.ts";
import { needTask, scoredExamples } from "./task-batches.ts";

/** One expression and the box the run chose; `image` is the example's index in its split. */
export interface ReferringPrediction {
  readonly image: number;
  readonly id?: string;
  readonly expression: string;
  readonly kind: string;
  readonly boxes: readonly Box[];
  readonly target: number;
  readonly predicted: number;
  /** The box chosen overlaps the one meant by at least a half, as one box for a thing may be by another's. */
  readonly correct: boolean;
  /** Of every box. */
  readonly probabilities: readonly number[];
}

/** Scores of one split. */
export interface ReferringResult {
  readonly split: string;
  /** Expressions. */
  readonly n: number;
  /** Fractions in [0, 1]. */
  readonly accuracy: number;
  readonly interval: Interval;
  /** What a guess finds: the mean of one over the number of boxes. */
  readonly chance: number;
  readonly kinds: Readonly<Record<string, Accuracy>>;
  readonly predictions: readonly ReferringPrediction[];
}

/** A box as metrics and submissions have it. */
export function sidesOf({ x, y, width, height }: Box): readonly [number, number, number, number] {
  return [x, y, width, height];
}

/** Scores the first `n` expressions of a split. @throws BifocalError when the run was trained for something else. */
export async function evaluateReferring(
  backend: Backend,
  run: RunWithData,
  split: string,
  n: number,
): Promise<ReferringResult> {
  const { candidates } = needTask(run, "referring");
  const reference = needForm(run.source.dataset, "references", "task referring");
  const predictions: ReferringPrediction[] = [];
  const examples = scoredExamples(backend, run, "referring", split, n, (task, batch) =>
    task.scores(batch).softmax(),
  );
  for await (const { index, scores } of examples) {
    const example = await reference(split, index);
    const { boxes, target } = candidatesOf(example, candidates);
    const probabilities = Array.from(scores.subarray(0, boxes.length));
    const predicted = probabilities.indexOf(Math.max(...probabilities));
    const { expression, kind, id } = example;
    const correct = intersectionOverUnion(sidesOf(boxes[predicted]!), sidesOf(boxes[target]!)) >= 0.5;
    const about = { image: index, ...(id !== undefined && { id }), expression, kind };
    predictions.push({ ...about, boxes, target, predicted, correct, probabilities });
  }
  const { overall, kinds } = accuracyByKind(
    predictions.map(({ expression, kind }) => ({ question: expression, kind, answer: "true" })),
    predictions.map(({ correct }) => `${correct}`),
  );
  return {
    split,
    n: predictions.length,
    accuracy: overall.accuracy,
    interval: wilsonInterval(predictions.filter(({ correct }) => correct).length, predictions.length),
    chance: predictions.reduce((sum, { boxes }) => sum + 1 / boxes.length, 0) / predictions.length,
    kinds: Object.fromEntries(kinds),
    predictions,
  };
}
