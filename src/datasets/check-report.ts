import { readFile } from "node:fs/promises";
import { fail } from "../core/index.ts";
import { type Fields, fieldsOf } from "./fields.ts";

/** What a check of a data set found, as `bifocal data check --report` writes it and `data.skip` of a recipe reads it. */
export interface CheckReport {
  readonly dataset: string;
  /** The splits that were looked at, with commas between. */
  readonly split: string;
  readonly root: string;
  /** Examples of these splits. */
  readonly examples: number;
  readonly splits: readonly CheckedSplit[];
  /**
   * Examples that cannot be used, at most one entry each, in order; a split or file that does not open has one without
   * index. Where files were left out, later examples move up once they are restored: check again.
   */
  readonly problems: readonly CheckFinding[];
  /** What is odd but can be used: a picture that is there twice, a name that tells another format, another count. */
  readonly remarks: readonly CheckFinding[];
}

/** The size of one split. */
export interface CheckedSplit {
  readonly split: string;
  readonly examples: number;
  /** Examples as published, where that is known. */
  readonly published?: number;
  /** Different places that pictures were read from. */
  readonly pictures: number;
}

/** What kinds of findings there are: of problems the first eight, of remarks the others. */
export const findingKinds = [
  "split",
  "file",
  "record",
  "missing",
  "empty",
  "truncated",
  "undecodable",
  "huge",
  "duplicate",
  "mislabelled",
  "count",
] as const;

/** What is wrong or odd: a split or file that does not open, a broken record, or what is the matter with a picture. */
export type FindingKind = (typeof findingKinds)[number];

/** One finding. */
export interface CheckFinding {
  readonly split: string;
  /** Of the example in its split; absent where it concerns the split. */
  readonly index?: number;
  /** The example's or picture's id as the data set names it; empty where its record cannot be read. */
  readonly id: string;
  /** File, and place within it. */
  readonly where: string;
  readonly kind: FindingKind;
  readonly message: string;
}

/** Reads a report. @throws BifocalError "usage" when there is none at `path`, "data" when it is something else. */
export async function readCheckReport(path: string): Promise<CheckReport> {
  const todo = "make it by bifocal data check NAME ROOT --report FILE";
  const text = await readFile(path, "utf8").catch((cause: Error) =>
    fail("usage", path, { expected: "the report of a check", got: cause.message, todo }),
  );
  const value = parsed(text, path);
  const report = fieldsOf(value, path);
  return {
    dataset: report.text("dataset"),
    split: report.text("split"),
    root: report.text("root"),
    examples: report.number("examples"),
    splits: report.records("splits").map((split) => ({
      split: split.text("split"),
      examples: split.number("examples"),
      ...(split.has("published") ? { published: split.number("published") } : {}),
      pictures: split.number("pictures"),
    })),
    problems: report.records("problems").map(findingOf),
    remarks: report.records("remarks").map(findingOf),
  };
}

/** Indexes of the examples of a split that a report says cannot be used. */
export function unusable(report: CheckReport, split: string): ReadonlySet<number> {
  const found = report.problems.flatMap((problem) =>
    problem.split === split && problem.index !== undefined ? [problem.index] : [],
  );
  return new Set(found);
}

function findingOf(finding: Fields): CheckFinding {
  return {
    split: finding.text("split"),
    ...(finding.has("index") ? { index: finding.number("index") } : {}),
    id: finding.text("id"),
    where: finding.text("where"),
    kind: finding.oneOf("kind", findingKinds),
    message: finding.text("message"),
  };
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return fail("data", path, { expected: "the report of a check", got: (error as Error).message });
  }
}
