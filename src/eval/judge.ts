/** Statements about two pictures and hypotheses about one: share judged right, beside what the words alone give. */
import type { Backend } from "../backends/backend.ts";
import { needForm } from "../datasets/contracts.ts";
import { entailmentJudging } from "../tasks/entailment.ts";
import { nlvr2Judging } from "../tasks/nlvr2.ts";
import {
  type Answered,
  type BlindScores,
  type MarkedAnswers,
  markAnswers,
  markBlindly,
  ranked,
} from "./answers.ts";
import type { RunWithData } from "./open-run.ts";
import { scoredExamples } from "./task-batches.ts";

const judgings = { nlvr2: nlvr2Judging, entailment: entailmentJudging };

/** Training texts that the blind baselines learn from. */
const baselineTexts = 10_000;

/** Scores the first `n` texts of a split. @throws BifocalError when the run was trained for something else. */
export async function evaluateJudging(
  backend: Backend,
  run: RunWithData,
  kind: keyof typeof judgings,
  split: string,
  n: number,
): Promise<MarkedAnswers & Partial<BlindScores>> {
  const { form, verdicts } = judgings[kind];
  const { dataset } = run.source;
  const judged = needForm(dataset, form, `task ${kind}`);
  const textOf = async (from: string, index: number) => {
    const { pictures: _, ...text } = await judged(from, index);
    return text;
  };
  const answered: Answered[] = [];
  const examples = scoredExamples(backend, run, kind, split, n, (task, batch) => task.judge(batch).softmax());
  for await (const { index, scores } of examples) {
    answered.push({ ...(await textOf(split, index)), image: index, top: ranked(scores, verdicts) });
  }
  const length = Math.min(baselineTexts, dataset.splits.train ?? 0);
  const training = await Promise.all(Array.from({ length }, (_, i) => textOf("train", i)));
  return {
    ...markAnswers(split, answered),
    ...(training.length > 0 && markBlindly(answered, training)),
  };
}
