import type { AskedQuestion } from "../datasets/contracts.ts";
import { bootstrapInterval, type Interval, wilsonInterval } from "../metrics/confidence.ts";
import { answerAccuracy, type VqaAccuracy, vqaAccuracy } from "../metrics/vqa-accuracy.ts";
import { type Accuracy, majorityBaseline, questionOnlyBaseline } from "../metrics/vqa-baselines.ts";

/** One question and the likeliest answers of a run; `image` is the example's index in its split. */
export interface Answered extends AskedQuestion {
  readonly image: number;
  readonly top: readonly { readonly answer: string; readonly probability: number }[];
}

/** A question with what the run answered. */
export interface AnswerPrediction extends Answered {
  readonly predicted: string;
  /** How right that is, in [0, 1]: with several annotators by the VQA measure, else 0 or 1. */
  readonly mark: number;
  /** At least half right. */
  readonly correct: boolean;
}

/** Scores of one split. */
export interface MarkedAnswers {
  readonly split: string;
  /** Questions. */
  readonly n: number;
  /** The mean mark, in [0, 1]. */
  readonly accuracy: number;
  readonly interval: Interval;
  readonly kinds: Readonly<Record<string, Accuracy>>;
  /** The official accuracy by type of answer and of question, where several annotators answered. */
  readonly official?: VqaAccuracy;
  readonly predictions: readonly AnswerPrediction[];
}

/** What guessing without the picture scores on the same questions, fractions in [0, 1]. */
export interface BlindScores {
  readonly questionOnly: number;
  readonly majority: number;
}

/** Scores beside those of guessing. */
export type AnswerScores = MarkedAnswers & BlindScores;

/** Whether a split's answers are not published, so that nothing can be scored. */
export function areHeldBack(answered: readonly AskedQuestion[]): boolean {
  return answered.every(({ answer }) => answer === "");
}

/** Scores answers. */
export function markAnswers(split: string, answered: readonly Answered[]): MarkedAnswers {
  const predictions = answered.map((asked) => {
    const predicted = asked.top[0]!.answer;
    const mark = markOf(asked, predicted);
    return { ...asked, predicted, mark, correct: mark >= 0.5 };
  });
  const marks = predictions.map(({ mark }) => mark);
  const isGraded = marks.some((mark) => mark !== 0 && mark !== 1);
  const official = officialAccuracy(predictions);
  return {
    split,
    n: predictions.length,
    accuracy: meanOf(marks),
    interval: isGraded
      ? bootstrapInterval(marks, 0)
      : wilsonInterval(marks.filter((mark) => mark === 1).length, marks.length),
    kinds: byKind(predictions),
    ...(official !== undefined && { official }),
    predictions,
  };
}

/** Scores the guesses of blind baselines that learn from `training`. */
export function markBlindly(
  answered: readonly AskedQuestion[],
  training: readonly AskedQuestion[],
): BlindScores {
  const share = (guess: (asked: AskedQuestion) => string) =>
    meanOf(answered.map((asked) => markOf(asked, guess(asked))));
  return {
    questionOnly: share(questionOnlyBaseline(training)),
    majority: share(majorityBaseline(training)),
  };
}

function markOf({ answer, annotators, scores }: AskedQuestion, predicted: string): number {
  if (annotators !== undefined) return answerAccuracy(predicted, annotators);
  if (scores !== undefined) return scores.find((scored) => scored.answer === predicted)?.score ?? 0;
  return Number(predicted === answer);
}

function officialAccuracy(predictions: readonly AnswerPrediction[]): VqaAccuracy | undefined {
  if (!predictions.every(({ annotators }) => annotators !== undefined)) return undefined;
  return vqaAccuracy(
    predictions.map(({ predicted, annotators, kind, answerType }) => ({
      prediction: predicted,
      answers: annotators!,
      questionType: kind,
      answerType: answerType ?? "all",
    })),
  );
}

/** Kinds sorted by name. */
function byKind(predictions: readonly AnswerPrediction[]): Readonly<Record<string, Accuracy>> {
  const marks = new Map<string, number[]>();
  for (const { kind, mark } of predictions) {
    const known = marks.get(kind);
    if (known === undefined) marks.set(kind, [mark]);
    else known.push(mark);
  }
  return Object.fromEntries(
    [...marks]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([kind, all]) => [kind, { accuracy: meanOf(all), total: all.length }]),
  );
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** All answers with their probabilities, likeliest first. */
export function ranked(
  probabilities: Float32Array,
  answers: readonly string[],
): { answer: string; probability: number }[] {
  return answers
    .map((answer, i) => ({ answer, probability: probabilities[i]! }))
    .sort((a, b) => b.probability - a.probability);
}
