/** What every evaluation is given, what it gives, and how figures are written for people. */
import type { Backend } from "../../backends/backend.ts";
import type { MarkedAnswers } from "../../eval/answers.ts";
import type { RunWithData } from "../../eval/open-run.ts";
import type { Submitted } from "../../eval/submission.ts";
import type { BackendFlags } from "../backend-options.ts";

/** The options of `bifocal eval`. */
export interface EvalFlags extends BackendFlags {
  readonly task?: string;
  readonly split: string;
  readonly data?: string;
  readonly root?: string;
  readonly checkpoint: string;
  readonly pictures?: string;
  readonly shortlist: string;
  readonly folds?: string;
  readonly captions?: string;
  readonly submission?: string;
  readonly beams: string;
  readonly lengthPenalty: string;
  readonly prompt?: readonly string[];
  readonly labelNames?: string;
  readonly json?: boolean;
}

/** The first `n` examples of a split, to be run through a run. */
export interface Evaluation {
  readonly backend: Backend;
  readonly run: RunWithData;
  /** The run's folder, where predictions go. */
  readonly folder: string;
  readonly split: string;
  readonly n: number;
  readonly flags: EvalFlags;
}

/** Rows of a table for people. */
export type Rows = readonly (readonly string[])[];

/** What an evaluation found. */
export interface Evaluated {
  /** What --json prints. */
  readonly result: object;
  /** What was scored, "4000 questions". */
  readonly what: string;
  readonly rows: Rows;
  /** One JSON line each. */
  readonly predictions: readonly object[];
  /** One entry for each example, where benchmarks take such predictions. */
  readonly submitted?: () => readonly Submitted[];
}

/** A fraction as papers print it. */
export const percent = (fraction: number): string => `${(100 * fraction).toFixed(1)} %`;
/** An interval of fractions. */
export const span = ([low, high]: readonly [number, number]): string => `${percent(low)} to ${percent(high)}`;

/** Accuracy, what guessing gives, and accuracy by kind. */
export function accuracyRows(
  { accuracy, interval, kinds }: Pick<MarkedAnswers, "accuracy" | "interval" | "kinds">,
  guesses: Rows,
): Rows {
  return [
    ["accuracy", `${percent(accuracy)} (95 %: ${span(interval)})`],
    ...guesses,
    ...Object.entries(kinds).map(([kind, part]) => [
      `  ${kind}`,
      `${percent(part.accuracy)} of ${part.total}`,
    ]),
  ];
}
