import type { AskedQuestion } from "../datasets/contracts.ts";
import { type Interval, wilsonInterval } from "../metrics/confidence.ts";
import {
  type Accuracy,
  accuracyByKind,
  majorityBaseline,
  questionOnlyBaseline,
} from "../metrics/vqa-baselines.ts";

/** One question and the likeliest answers of a run; `image` is the example's index in its split. */
export interface Answered extends AskedQuestion {
  readonly image: number;
  readonly top: readonly { readonly answer: string; readonly probability: number }[];
}

/** A question with what the run answered. */
export interface AnswerPrediction extends Answered {
  readonly predicted: string;
  readonly correct: boolean;
}

/** Scores of one split beside what guessing without the picture scores on the same questions. */
export interface AnswerScores {
  readonly split: string;
  /** Questions. */
  readonly n: number;
  /** Fractions in [0, 1]. */
  readonly accuracy: number;
  readonly interval: Interval;
  readonly questionOnly: number;
  readonly majority: number;
  readonly kinds: Readonly<Record<string, Accuracy>>;
  readonly predictions: readonly AnswerPrediction[];
}

/** Scores answers; the blind baselines learn from `training`. */
export function scoreAnswers(
  split: string,
  answered: readonly Answered[],
  training: readonly AskedQuestion[],
): AnswerScores {
  const predictions = answered.map((asked) => {
    const predicted = asked.top[0]!.answer;
    return { ...asked, predicted, correct: predicted === asked.answer };
  });
  const { overall, kinds } = accuracyByKind(
    predictions,
    predictions.map(({ predicted }) => predicted),
  );
  const blind = questionOnlyBaseline(training);
  const majority = majorityBaseline(training);
  const share = (guess: (asked: AskedQuestion) => string) =>
    predictions.filter((asked) => guess(asked) === asked.answer).length / predictions.length;
  return {
    split,
    n: predictions.length,
    accuracy: overall.accuracy,
    interval: wilsonInterval(predictions.filter(({ correct }) => correct).length, predictions.length),
    questionOnly: share(blind),
    majority: share(majority),
    kinds: Object.fromEntries(kinds),
    predictions,
  };
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
