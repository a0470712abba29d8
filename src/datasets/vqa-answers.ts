import { fail } from "../core/index.ts";
import { openJson } from "../files/json-rows.ts";
import { datasetFolder } from "./dataset-folder.ts";
import { fieldsOf } from "./fields.ts";
import { vqav2 } from "./official/vqav2.ts";

/**
 * The answers that VQA models choose from: those that are the most frequent one of at least nine questions of train
 * and val, in the order in which they first occur. From the official files these are the 3129 of Pythia, ViLT and
 * METER, whose published heads depend on the order.
 */

/** How many answers the official files give, at nine questions. */
export const publishedAnswers = 3129;

/**
 * The answers of the VQA v2 annotations below `root`; `normalize` is the benchmark's normalisation of an answer.
 * @throws BifocalError "data" when a file is missing or no answer is frequent enough.
 */
export async function vqaAnswers(
  root: string,
  normalize: (answer: string) => string,
  leastQuestions = 9,
): Promise<string[]> {
  const folder = datasetFolder(root, vqav2.title, vqav2.tree);
  const paths = ["train2014", "val2014"].map((part) => folder.file(`v2_mscoco_${part}_annotations.json`));
  const counts = new Map<string, number>(); // in order of first occurrence
  for (const path of paths) {
    await openJson(path, ["annotations"], ({ value, where }) => {
      const answer = normalize(fieldsOf(value, where).text("multiple_choice_answer"));
      counts.set(answer, (counts.get(answer) ?? 0) + 1);
      return false;
    });
  }
  const frequent = [...counts].filter(([, count]) => count >= leastQuestions).map(([answer]) => answer);
  if (frequent.length === 0) {
    fail("data", paths.join(", "), {
      expected: `answers that ${leastQuestions} questions have`,
      got: `none among ${counts.size}`,
    });
  }
  return frequent;
}
