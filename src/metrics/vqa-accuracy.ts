import { fail } from "../core/index.ts";
import { bareAnswer, normalizeAnswer } from "./vqa-answer.ts";

/** An answered question; `answers` are the annotators', ten in VQA. */
export interface AnsweredQuestion {
  readonly prediction: string;
  readonly answers: readonly string[];
  readonly questionType: string;
  readonly answerType: string;
}

/** Fractions in [0, 1]; the groups sorted by name. */
export interface VqaAccuracy {
  readonly accuracy: number;
  readonly perAnswerType: Readonly<Record<string, number>>;
  readonly perQuestionType: Readonly<Record<string, number>>;
  readonly n: number;
}

/**
 * Accuracy of the VQA challenges (Antol et al. 2015, arXiv:1505.00468; the mean over subsets of annotators of Goyal et al.
 * 2017, arXiv:1612.00837). Differs: the official code rounds to a hundredth of a per cent, this does not.
 * @throws BifocalError when there are no questions.
 */
export function vqaAccuracy(questions: Iterable<AnsweredQuestion>): VqaAccuracy {
  const all = new Mean();
  const byAnswer = new Map<string, Mean>();
  const byQuestion = new Map<string, Mean>();
  for (const { prediction, answers, questionType, answerType } of questions) {
    const mark = answerAccuracy(prediction, answers);
    all.add(mark);
    meanOf(byAnswer, answerType).add(mark);
    meanOf(byQuestion, questionType).add(mark);
  }
  if (all.n === 0) fail("data", "VQA accuracy", { expected: "at least one question", got: "none" });
  return {
    accuracy: all.value,
    perAnswerType: values(byAnswer),
    perQuestionType: values(byQuestion),
    n: all.n,
  };
}

/**
 * One question's mark in [0, 1]: over every way to leave one annotator out, the mean of a third of the others' matches,
 * at most 1. Where all annotators wrote the same, prediction and answers are compared as they are.
 * @throws BifocalError when there are no answers.
 */
export function answerAccuracy(prediction: string, answers: readonly string[]): number {
  if (answers.length === 0) fail("data", "VQA accuracy", { expected: "annotators' answers", got: "none" });
  const bare = answers.map(bareAnswer);
  const differ = bare.some((answer) => answer !== bare[0]);
  const normalize = differ ? normalizeAnswer : (answer: string) => answer;
  const predicted = normalize(bareAnswer(prediction));
  const right = bare.map((answer) => normalize(answer) === predicted);
  const matches = right.filter(Boolean).length;
  const marks = right.map((own) => Math.min(1, (matches - Number(own)) / 3));
  return marks.reduce((sum, mark) => sum + mark, 0) / marks.length;
}

/** A mean that grows. */
class Mean {
  private sum = 0;
  n = 0;

  add(mark: number): void {
    this.sum += mark;
    this.n++;
  }

  get value(): number {
    return this.sum / this.n;
  }
}

function meanOf(groups: Map<string, Mean>, name: string): Mean {
  const found = groups.get(name);
  if (found !== undefined) return found;
  const fresh = new Mean();
  groups.set(name, fresh);
  return fresh;
}

function values(groups: ReadonlyMap<string, Mean>): Record<string, number> {
  const sorted = [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([name, mean]) => [name, mean.value]));
}
