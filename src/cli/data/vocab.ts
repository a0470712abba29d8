import { fail } from "../../core/errors.ts";
import type { Questions } from "../../datasets/answer-list.ts";
import type { StoredDataset } from "../../datasets/stored-dataset.ts";
import { writeTextAtomic } from "../../files/atomic.ts";
import { tableOf } from "../../files/table.ts";
import { countOption, printResult } from "../verb.ts";
import { type SourceFlags, sourceOptions, sourceVerb } from "./source.ts";

interface VocabFlags extends SourceFlags {
  readonly out: string;
  readonly least?: string;
}

const about = `
Of vqav2 these are the 3129 answers that published models choose from: the most frequent ones of train and val, normalised,
of at least 9 questions, in the order in which they first occur. Elsewhere --least is 1, and an answer counts once for
each question whose commonest it is. Arrow files keep the list that they were written with.`;

/** `bifocal data vocab` */
export const vocabData = sourceVerb("vocab", "the answers that a model of questions chooses from", [
  "data vocab vqav2 /data/vqa --out answers.json",
  "data vocab gqa /data/gqa --split train --least 5 --out gqa-answers.json",
  "data vocab csv questions.csv --column answers=reply --out answers.json",
])
  .requiredOption(
    "--out <file>",
    "a list in JSON, which data.answers of a recipe reads; the place is the class",
  )
  .option("--least <n>", "questions that an answer needs")
  .addHelpText("after", about)
  .action(async (name: string, root: string, flags: VocabFlags) => {
    const [{ storedDataset }, { findAnswers }, { normalizeAnswer }] = await Promise.all([
      import("../../datasets/stored-dataset.ts"),
      import("../../datasets/answer-list.ts"),
      import("../../metrics/vqa-answer.ts"),
    ]);
    const dataset = storedDataset(name);
    const least =
      flags.least === undefined ? {} : { answers: { atLeast: countOption("--least", flags.least) } };
    const config = { kind: "files", name, root, ...least } as const;
    const answers = await findAnswers(config, await questionsOf(dataset, root, flags), normalizeAnswer);
    await writeTextAtomic(flags.out, `${JSON.stringify(answers, null, 1)}\n`);
    printResult(flags.json, { dataset: name, answers: answers.length, out: flags.out }, [
      `${flags.out}: ${answers.length} answers, ${answers.slice(0, 8).join(", ")}${answers.length > 8 ? " ..." : ""}`,
    ]);
  });

/** The questions to count; of VQA v2 the list is made from the annotations of two splits, without any picture. */
async function questionsOf(dataset: StoredDataset, root: string, flags: VocabFlags): Promise<Questions> {
  const { name, splits } = dataset;
  if (name === "vqav2") {
    if (flags.split === undefined) return tableOf([]);
    fail("usage", "--split", { expected: "none, the list is that of train and val", got: flags.split });
  }
  const names = Object.keys(splits);
  const split = flags.split ?? (names.includes("train") ? "train" : names[0]!);
  const { form, table } = await dataset.open(split, root, await sourceOptions(flags));
  if (form === "questions" || form === "scored questions") return table as Questions;
  return fail("usage", name, { expected: "a data set of questions", got: form });
}
