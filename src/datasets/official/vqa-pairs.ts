import { fail } from "../../core/index.ts";
import { openJson } from "../../files/json-rows.ts";
import type { Table } from "../../files/table.ts";
import type { QuestionExample, StoredImage } from "../examples.ts";
import { type Fields, fieldsOf } from "../fields.ts";

/**
 * Questions in the form of the VQA benchmark (Antol et al. 2015, arXiv:1505.00468), and their annotations where they
 * are published: two files that are joined by `question_id`, whatever their order.
 */
export async function openVqaPairs(
  questionFile: string,
  annotationFile: string | undefined,
  imageOf: (imageId: number) => StoredImage,
): Promise<Table<QuestionExample>> {
  const questions = await openJson(questionFile, ["questions"]);
  const rowOf = new Map<string, number>(); // by question
  const annotations =
    annotationFile === undefined
      ? undefined
      : await openJson(annotationFile, ["annotations"], ({ value, where }) => {
          const id = fieldsOf(value, where).id("question_id");
          if (rowOf.has(id))
            fail("data", where, { expected: "one annotation a question", got: `another of ${id}` });
          rowOf.set(id, rowOf.size);
          return true;
        });
  if (annotations !== undefined && annotations.size !== questions.size) {
    fail("data", annotationFile!, {
      expected: `${questions.size} annotations, one for each question of ${questionFile}`,
      got: `${annotations.size}`,
      todo: "take both files from the same version of the data set",
    });
  }
  return {
    size: questions.size,
    get: async (index) => {
      const { value, where } = await questions.get(index);
      const question = fieldsOf(value, where);
      const questionId = question.id("question_id");
      const asked = {
        image: imageOf(question.number("image_id")),
        questionId,
        question: question.text("question"),
      };
      if (annotations === undefined) return asked;
      const row = rowOf.get(questionId);
      if (row === undefined) {
        fail("data", where, { expected: `an annotation of it in ${annotationFile}`, got: "none" });
      }
      const annotated = await annotations.get(row);
      return { ...asked, ...annotationOf(fieldsOf(annotated.value, annotated.where)) };
    },
  };
}

function annotationOf(annotation: Fields) {
  return {
    questionType: annotation.text("question_type"),
    answerType: annotation.text("answer_type"),
    answers: annotation.records("answers").map((answer) => answer.text("answer")),
  };
}

/** File name of a COCO picture of 2014 or 2015. */
export function cocoFileName(part: string, imageId: number): string {
  return `COCO_${part}_${String(imageId).padStart(12, "0")}.jpg`;
}
