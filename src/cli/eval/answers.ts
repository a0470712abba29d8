/** Answers to questions, and verdicts on texts. */
import type { Answered, BlindScores, MarkedAnswers } from "../../eval/answers.ts";
import type { JudgedTexts, JudgingTask } from "../../eval/judge.ts";
import { accuracyRows, type Evaluated, type Evaluation, percent, type Rows } from "./evaluated.ts";

/** What was answered, and its scores where answers are published. */
type Marked = { readonly split: string; readonly n: number } & (
  | { readonly predictions: readonly Answered[] }
  | (MarkedAnswers & Partial<BlindScores> & Pick<JudgedTexts, "auroc" | "consistency">)
);

/** Questions beside what the words alone give. */
export async function evaluateQuestions({ backend, run, split, n }: Evaluation): Promise<Evaluated> {
  const { answerSplit, openAnswerer, trainingQuestions } = await import("../../eval/vqa.ts");
  const { areHeldBack, markAnswers, markBlindly } = await import("../../eval/answers.ts");
  const answered = await answerSplit(await openAnswerer(backend, run), run, split, n);
  if (areHeldBack(answered))
    return evaluatedOf("questions", { split, n: answered.length, predictions: answered });
  const training = await trainingQuestions(run);
  const blind = training.length > 0 && markBlindly(answered, training);
  return evaluatedOf("questions", { ...markAnswers(split, answered), ...blind });
}

/** Statements, hypotheses or memes. */
export async function evaluateTexts(task: JudgingTask, evaluation: Evaluation): Promise<Evaluated> {
  const { evaluateJudging } = await import("../../eval/judge.ts");
  const { backend, run, split, n } = evaluation;
  const evaluated = evaluatedOf("texts", await evaluateJudging(backend, run, task, split, n));
  if (task !== "memes") return evaluated;
  const submitted = () =>
    evaluated.predictions.map(({ id, top }) => ({
      id,
      prediction: top[0]!.answer,
      hateful: top.find(({ answer }) => answer === "hateful")!.probability,
    }));
  return { ...evaluated, submitted };
}

function evaluatedOf(what: string, marked: Marked) {
  const { predictions, ...result } = marked;
  return {
    result,
    what: `${result.n} ${what}`,
    rows: "accuracy" in result ? markedRows(what, result) : [["scores", "none, answers are held back"]],
    predictions,
    submitted: () => predictions.map(({ id, top }) => ({ id, prediction: top[0]!.answer })),
  };
}

type Scores = Omit<JudgedTexts, "predictions">;

function markedRows(what: string, scores: Scores): Rows {
  const { questionOnly, majority, official, auroc, consistency } = scores;
  const blind = what === "questions" ? "question only" : "text only";
  return accuracyRows(scores, [
    ...(auroc === undefined ? [] : [["AUROC", percent(auroc)]]),
    ...(consistency === undefined ? [] : [["consistency", percent(consistency)]]),
    ...(questionOnly === undefined ? [] : [[blind, percent(questionOnly)]]),
    ...(majority === undefined ? [] : [["majority", percent(majority)]]),
    ...Object.entries(official?.perAnswerType ?? {}).map(([type, accuracy]) => [
      `answers of type ${type}`,
      percent(accuracy),
    ]),
  ]);
}
