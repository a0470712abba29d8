/**
 * Errors are data: a code, where it happened, what was expected, what was got and what to do.
 * The text is rendered from the fields, so the command line, JSON output and tests read the same facts.
 */
export type ErrorCode =
  | "shape"
  | "dtype"
  | "config"
  | "data"
  | "checkpoint"
  | "backend"
  | "usage"
  | "numeric";

/** The facts of an error; `renderError` makes the text of them, --json prints them as they are. */
export interface ErrorFields {
  readonly code: ErrorCode;
  /** Module path and op, file name, or configuration key: "itm at blocks.3.attention", "train.optimizer.lr". */
  readonly where: string;
  readonly expected?: string;
  readonly got?: string;
  /** One imperative sentence. */
  readonly todo?: string;
}

/** Renders "where: expected X, got Y; do Z". */
export function renderError(fields: ErrorFields): string {
  const facts = [
    fields.expected === undefined ? "" : `expected ${fields.expected}`,
    fields.got === undefined ? "" : `got ${fields.got}`,
  ].filter((fact) => fact !== "");
  const body = facts.join(", ");
  return `${fields.where}: ${[body, fields.todo ?? ""].filter((part) => part !== "").join("; ")}`;
}

/**
 * A problem the user can act on. The command line prints its text without a stack trace;
 * exit code 2 where the input was wrong, 1 where the machine failed ("backend", "numeric").
 */
export class BifocalError extends Error {
  readonly fields: ErrorFields;

  constructor(fields: ErrorFields, cause?: unknown) {
    super(renderError(fields), cause === undefined ? undefined : { cause });
    this.name = "BifocalError";
    this.fields = fields;
  }

  get exitCode(): 1 | 2 {
    return this.fields.code === "backend" || this.fields.code === "numeric" ? 1 : 2;
  }
}

/** Shorthand that never returns. @throws BifocalError always. */
export function fail(
  code: ErrorCode,
  where: string,
  fields: Omit<ErrorFields, "code" | "where"> = {},
): never {
  throw new BifocalError({ code, where, ...fields });
}

/** For our own bugs only: a broken invariant, never a user's input. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`bug in bifocal: ${message}`);
}

/** The candidate with the smallest edit distance to `name`, for "did you mean". */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const distance = editDistance(name, candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(previous[j]! + 1, row[j - 1]! + 1, substitution));
    }
    previous = row;
  }
  return previous[b.length]!;
}
