import { isTest, type Source } from "./source.ts";

/** Files that may be longer than their budget, each with the reason; tables and fixtures are the usual one. */
export const exempt: Readonly<Record<string, string>> = {};

/** Lines a file may have: a model is read in one sitting. */
function budgetOf(source: Source): number {
  return source.path.startsWith("src/models/") && !isTest(source) ? 250 : 400;
}

/** Files over budget without a reason, and reasons that no file needs any more. */
export function budgetProblems(sources: readonly Source[], reasons = exempt): string[] {
  const over = new Map(
    sources
      .map((source) => ({ source, lines: source.text.split("\n").length - 1 }))
      .filter(({ source, lines }) => lines > budgetOf(source))
      .map(({ source, lines }) => [source.path, `${lines} lines, the budget is ${budgetOf(source)}`]),
  );
  return [
    ...[...over]
      .filter(([path]) => reasons[path] === undefined)
      .map(([path, excess]) => `${path}: ${excess}; make it two files`),
    ...Object.keys(reasons)
      .filter((path) => !over.has(path))
      .map((path) => `${path}: within its budget, delete its exemption`),
  ];
}
