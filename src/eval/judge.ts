/** Statements, hypotheses and memes: share judged right, beside what the words alone give. */
import type { Backend } from "../backends/backend.ts";
import { auroc } from "../metrics/auroc.ts";
import { consistency, sentenceOf } from "../metrics/consistency.ts";
import { entailmentJudging } from "../tasks/entailment.ts";
import { judgedTexts } from "../tasks/judged-batch.ts";
import { memesJudging } from "../tasks/memes.ts";
import { nlvr2Judging } from "../tasks/nlvr2.ts";
import {
  type Answered,
  areHeldBack,
  type BlindScores,
  type MarkedAnswers,
  markAnswers,
  markBlindly,
  ranked,
} from "./answers.ts";
import type { RunWithData } from "./open-run.ts";
import { scoredExamples } from "./task-batches.ts";

const judgings = { nlvr2: nlvr2Judging, entailment: entailmentJudging, memes: memesJudging };

/** What texts can be judged for. */
export type JudgingTask = keyof typeof judgings;

/** Training texts that the blind baselines learn from. */
const baselineTexts = 10_000;

/** Scores, and what benchmarks ask for besides. */
export interface JudgedTexts extends MarkedAnswers, Partial<BlindScores> {
  /** Of memes: area under the ROC curve of the second verdict, in [0, 1]. */
  readonly auroc?: number;
  /** Of NLVR2's own sentences: the share in [0, 1] of those all of whose pairs of pictures are judged right. */
  readonly consistency?: number;
}

/** Verdicts where the true ones are held back. */
export interface VerdictsAlone {
  readonly split: string;
  readonly n: number;
  readonly predictions: readonly Answered[];
}

/** Scores the first `n` texts of a split. @throws BifocalError when the run was trained for something else. */
export async function evaluateJudging(
  backend: Backend,
  run: RunWithData,
  kind: JudgingTask,
  split: string,
  n: number,
): Promise<JudgedTexts | VerdictsAlone> {
  const judging = judgings[kind];
  const { verdicts } = judging;
  const { dataset } = run.source;
  const judged = judgedTexts(dataset, judging);
  const textOf = async (from: string, index: number) => {
    const { pictures: _, ...text } = await judged(from, index);
    return text;
  };
  const answered: Answered[] = [];
  const examples = scoredExamples(backend, run, kind, split, n, (task, batch) => task.judge(batch).softmax());
  for await (const { index, scores } of examples) {
    answered.push({ ...(await textOf(split, index)), image: index, top: ranked(scores, verdicts) });
  }
  if (areHeldBack(answered)) return { split, n: answered.length, predictions: answered };
  const length = Math.min(baselineTexts, dataset.splits.train ?? 0);
  const training = await Promise.all(Array.from({ length }, (_, i) => textOf("train", i)));
  const marked = markAnswers(split, answered);
  return {
    ...marked,
    ...(kind === "nlvr2" && sentencesRight(marked)),
    ...(kind === "memes" && { auroc: curveArea(answered, verdicts[1]!) }),
    ...(training.length > 0 && markBlindly(answered, training)),
  };
}

/** Nothing where statements are not named as NLVR2 names them. */
function sentencesRight({ predictions }: MarkedAnswers): Pick<JudgedTexts, "consistency"> {
  const marks = predictions.flatMap(({ id, question, correct }) => {
    const named = id === undefined ? undefined : sentenceOf(id);
    // By its words: Arrow files number a pair's sentences anew.
    return named === undefined ? [] : [{ sentence: `${named.set} ${question}`, right: correct }];
  });
  return marks.length === 0 || marks.length < predictions.length ? {} : { consistency: consistency(marks) };
}

/** @throws BifocalError when all examples are of one verdict. */
function curveArea(answered: readonly Answered[], verdict: string): number {
  return auroc({
    scores: answered.map(({ top }) => top.find(({ answer }) => answer === verdict)!.probability),
    positive: answered.map(({ answer }) => answer === verdict),
  });
}
