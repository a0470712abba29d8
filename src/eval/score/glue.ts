/** GLUE's tasks (Wang et al. 2019, arXiv:1804.07461) by the metrics that its leaderboard names. */
import { fail } from "../../core/errors.ts";
import type { SentenceExample } from "../../datasets/examples.ts";
import { numberIn, oneOf } from "../../datasets/fields.ts";
import { glue, openGlueFile } from "../../datasets/official/glue.ts";
import { separated } from "../../datasets/official/separated.ts";
import { firstLine, openLines } from "../../files/lines.ts";
import type { Table } from "../../files/table.ts";
import { accuracy } from "../../metrics/accuracy.ts";
import { pearson, spearman } from "../../metrics/correlation.ts";
import { f1 } from "../../metrics/f1.ts";
import { matthews } from "../../metrics/matthews.ts";
import type { Paired } from "../../metrics/paired.ts";
import { byId, matchIds } from "./match-ids.ts";

/** The tasks by the names of their data sets, "glue-cola". */
export const glueTasks: readonly string[] = glue.map(({ name }) => name);

/** Fractions in [0, 1], correlations in [-1, 1], and how many examples `n`. */
export type GlueScores = Readonly<Record<string, number>>;

/**
 * `truths` is a file of GLUE with labels; `predictions` a submission: the names "index" and "prediction" with a tab between, then
 * a line for each example, numbered as the truths' column "index" says, else from 0. F1 is that of label 1.
 * @throws BifocalError naming the line that is not as it should be, and ids that are not in both files.
 */
export async function scoreGlue(name: string, truths: string, predictions: string): Promise<GlueScores> {
  const { classes } = glue.find((task) => task.name === name)!;
  if (classes === undefined) {
    const read = (text: string, where: string) => numberIn(text, where, "prediction");
    const paired = await join(name, truths, ({ score }) => score!, predictions, read);
    return { pearson: pearson(paired), spearman: spearman(paired), n: paired.truths.length };
  }
  const read = (text: string, where: string) => oneOf(text, classes, where, "prediction");
  const paired = await join(name, truths, ({ label }) => label!, predictions, read);
  const n = paired.truths.length;
  switch (name) {
    case "glue-cola":
      return { matthews: matthews(paired), n };
    case "glue-mrpc":
    case "glue-qqp":
      return { accuracy: accuracy(paired), f1: f1(paired).perLabel["1"] ?? 0, n };
    default:
      return { accuracy: accuracy(paired), n };
  }
}

async function join<Value>(
  name: string,
  truths: string,
  truthOf: (example: SentenceExample) => Value,
  predictions: string,
  read: (text: string, where: string) => Value,
): Promise<Paired<Value>> {
  const examples = await rowsOf(await openGlueFile(name, truths));
  const known = byId(
    truths,
    "an example",
    examples.map((example) => [example.id, truthOf(example)] as const),
  );
  const header = ["index", "prediction"];
  const first = await firstLine(predictions);
  if (first !== header.join("\t")) {
    fail("data", `${predictions} line 1`, {
      expected: `the names ${header.join(" and ")} with a tab between`,
      got: first.replaceAll("\t", ", "),
      todo: "write one line for each example below them, as eval --submission does",
    });
  }
  const lines = await rowsOf(await openLines(predictions, { skip: 1, blank: "error" }));
  const given = byId(
    predictions,
    "a prediction",
    lines.map((line) => {
      const column = separated(line, header);
      return [column("index"), read(column("prediction"), line.where)] as const;
    }),
  );
  matchIds("a prediction", known, given);
  return {
    truths: [...known.values.values()],
    predictions: [...known.values.keys()].map((id) => given.values.get(id) as Value),
  };
}

async function rowsOf<Row>(table: Table<Row>): Promise<Row[]> {
  const rows: Row[] = [];
  for (let i = 0; i < table.size; i++) rows.push(await table.get(i));
  return rows;
}
