import { readFile } from "node:fs/promises";
import { fail } from "../core/index.ts";
import type { Table } from "../files/table.ts";
import type { ExampleOf } from "./examples.ts";
import type { FilesConfig } from "./files-config.ts";
import { publishedAnswers, vqaAnswers } from "./vqa-answers.ts";

/** The closed set of answers that a model chooses from, where questions are read from files. */

/**
 * The answers in a file: lines of text; a list in JSON; or an object in JSON of answers to numbers or of numbers to
 * answers. @throws BifocalError "config" when it is none, or says an answer or number twice.
 */
export async function readAnswers(path: string): Promise<readonly string[]> {
  const text = await readFile(path, "utf8").catch((cause: Error) =>
    fail("config", `data.answers ${path}`, { expected: "a file of answers", got: cause.message }),
  );
  const answers = /\.json$/i.test(path)
    ? listed(parsed(text, path), path)
    : text.split(/\r?\n/).filter((line) => line !== "");
  if (answers.length === 0 || new Set(answers).size < answers.length) {
    fail("config", path, {
      expected: "answers, each of them once",
      got: answers.length === 0 ? "none" : "some twice",
    });
  }
  return answers;
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return fail("config", path, { expected: "JSON", got: (error as Error).message });
  }
}

function listed(value: unknown, path: string): readonly string[] {
  const isTexts = (items: readonly unknown[]) => items.every((item) => typeof item === "string");
  if (Array.isArray(value) && isTexts(value)) return value as string[];
  const pairs = typeof value === "object" && value !== null ? Object.entries(value) : [];
  const numbered = isTexts(pairs.map(([, of]) => of)) ? pairs.map(([key, of]) => [of, Number(key)]) : pairs;
  const answers: string[] = [];
  for (const [answer, number] of numbered as [string, number][]) answers[number] = answer;
  const complete = answers.length === pairs.length && isTexts(Array.from(answers));
  if (complete) return answers;
  return fail("config", path, {
    expected: "a list of answers, or an object of answers and the numbers 0, 1, 2 ...",
    got: "something else",
  });
}

/** How many answers there will be, where that is known without the data. */
export async function knownAnswerCount(config: FilesConfig): Promise<number | undefined> {
  if (typeof config.answers === "string") return (await readAnswers(config.answers)).length;
  const isPublished = config.name === "vqav2" || config.name === "arrow-vqav2";
  return isPublished && config.answers === undefined ? publishedAnswers : undefined;
}

/** Training questions in either form. */
export type Questions = Table<ExampleOf["questions"] | ExampleOf["scored questions"]>;

/**
 * The answers that the configuration asks for: those of a file; of VQA v2 the most frequent ones of train and val; of
 * Arrow files those they were written with; else every question's commonest answer that enough training questions
 * have, in the order in which they first occur. `normalize` is the VQA benchmark's normalisation.
 */
export async function findAnswers(
  config: FilesConfig,
  training: Questions,
  normalize: (answer: string) => string,
): Promise<readonly string[]> {
  const { answers, root } = config;
  if (typeof answers === "string") return readAnswers(answers);
  if (config.name === "vqav2") return vqaAnswers(root!, normalize, answers?.atLeast);
  const counts = new Map<string, number>();
  const labelled: string[] = [];
  for (let index = 0; index < training.size; index++) {
    const example = await training.get(index);
    const scored = example.answers?.[0];
    if (typeof scored === "object") {
      for (const { answer, label } of example.answers as ExampleOf["scored questions"]["answers"])
        labelled[label] = answer;
    } else if (scored !== undefined) {
      const answer = commonest(example.answers as readonly string[]);
      counts.set(answer, (counts.get(answer) ?? 0) + 1);
    }
  }
  if (labelled.length > 0) return allLabels(labelled, config);
  const least = answers?.atLeast ?? 1;
  const frequent = [...counts].filter(([, count]) => count >= least).map(([answer]) => answer);
  if (frequent.length > 0) return frequent;
  return fail("data", `${config.name}, split train`, {
    expected: `answers that at least ${least} questions have`,
    got: `none among ${counts.size}`,
    todo: "change data.answers, or check that the questions have answers",
  });
}

function allLabels(labelled: readonly (string | undefined)[], { name }: FilesConfig): readonly string[] {
  const missing = Array.from(labelled).indexOf(undefined);
  if (missing >= 0) {
    fail("data", `${name}, split train`, {
      expected: `an answer of every number up to ${labelled.length - 1}`,
      got: `none of number ${missing}`,
      todo: "give the whole list as data.answers=FILE, or add the other splits to data.splits.train",
    });
  }
  return labelled as readonly string[];
}

/** The answer that most annotators gave, of equals the first. */
export function commonest(answers: readonly string[]): string {
  const counts = countsOf(answers);
  const most = Math.max(...counts.values());
  return [...counts.keys()].find((answer) => counts.get(answer) === most) ?? "";
}

/** How often each answer was given, in the order in which they come. */
export function countsOf(answers: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  return counts;
}

/**
 * How right an answer is that `count` of `n` annotators gave: its mark by the VQA measure, the mean over leaving one
 * annotator out of a third of the others, over the mark of an answer that all gave. Of ten annotators 0.3, 0.6, 0.9
 * and, from four on, 1, as ViLT and METER have it.
 */
export function softScore(count: number, n: number): number {
  if (n === 1) return 1;
  const mark = (given: number) =>
    (given * Math.min(1, (given - 1) / 3) + (n - given) * Math.min(1, given / 3)) / n;
  // Thirds leave a last bit that the published tables of scores do not have.
  return Math.round((1e9 * mark(count)) / mark(n)) / 1e9;
}
