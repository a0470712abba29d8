import { z } from "zod";
import { fail } from "../../core/errors.ts";
import { type VqaAccuracy, vqaAccuracy } from "../../metrics/vqa-accuracy.ts";
import { byId, matchIds } from "./match-ids.ts";
import { readJson } from "./read.ts";

/** Files of the VQA data sets, version 2 (visualqa.org), and a submission to their challenge. */
export interface VqaFiles {
  /** `{questions: [{question_id, ...}]}` */
  readonly questions: string;
  /** `{annotations: [{question_id, question_type, answer_type, answers: [{answer, answer_id}]}]}` */
  readonly annotations: string;
  /** `[{question_id, answer}]` */
  readonly predictions: string;
}

const id = z.union([z.int(), z.string()], { error: "expected an id" });
const questionFile = z.object({ questions: z.array(z.object({ question_id: id })).min(1) });
const annotationFile = z.object({
  annotations: z.array(
    z.object({
      question_id: id,
      question_type: z.string(),
      answer_type: z.string(),
      answers: z.array(z.object({ answer: z.string(), answer_id: id })).min(1),
    }),
  ),
});
const predictionFile = z.array(z.object({ question_id: id, answer: z.string() }));

/** Scores one answer to every question. @throws BifocalError for ids that are twice in a file or not in all three, and for files of another form. */
export async function scoreVqa(files: VqaFiles): Promise<VqaAccuracy> {
  const { questions } = await readJson(files.questions, questionFile);
  const asked = byId(
    files.questions,
    "a question",
    questions.map(({ question_id }) => [question_id, true] as const),
  );
  const { annotations } = await readJson(files.annotations, annotationFile);
  const annotated = byId(
    files.annotations,
    "an annotation",
    annotations.map((item) => [item.question_id, item] as const),
  );
  const predictions = await readJson(files.predictions, predictionFile);
  const predicted = byId(
    files.predictions,
    "an answer",
    predictions.map((item) => [item.question_id, item.answer] as const),
  );
  matchIds("an annotation", asked, annotated);
  matchIds("an answer", asked, predicted);
  return vqaAccuracy(
    annotations.map(({ question_id, question_type, answer_type, answers }) => {
      if (new Set(answers.map(({ answer_id }) => answer_id)).size < answers.length) {
        fail("data", `${files.annotations} question ${question_id}`, {
          expected: "answers with answer_ids of their own",
        });
      }
      return {
        prediction: predicted.values.get(question_id)!,
        answers: answers.map(({ answer }) => answer),
        questionType: question_type,
        answerType: answer_type,
      };
    }),
  );
}
