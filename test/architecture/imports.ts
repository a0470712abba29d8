import { posix } from "node:path";
import type { Source } from "./source.ts";

/** One import or re-export, types and `import()` included. */
export interface Import {
  readonly specifier: string;
  /** Imported and local names; empty for `import()` and for `export *`. */
  readonly names: readonly string[];
  readonly line: number;
}

/** Every import of a file, in order. */
export function importsOf(source: Source): Import[] {
  const tokens = source.tokens.filter((token) => token.kind !== "comment");
  const found: Import[] = [];
  for (const [i, { kind, text, line }] of tokens.entries()) {
    if (kind !== "word" || (text !== "import" && text !== "export")) continue;
    const next = tokens[i + 1];
    const afterParenthesis = tokens[i + 2];
    if (text === "import" && next?.kind === "string") {
      found.push({ specifier: next.text, names: [], line });
    } else if (text === "import" && next?.text === "(" && afterParenthesis?.kind === "string") {
      found.push({ specifier: afterParenthesis.text, names: [], line });
    } else {
      // A clause is words, commas, braces and stars up to `from "..."`; anything else is a declaration.
      let end = i + 1;
      while (tokens[end]?.kind === "word" || /^[{},*]$/.test(tokens[end]?.text ?? "")) end++;
      const target = tokens[end];
      if (target?.kind !== "string" || tokens[end - 1]?.text !== "from") continue;
      const names = tokens.slice(i + 1, end - 1).filter((token) => token.kind === "word");
      found.push({
        specifier: target.text,
        names: names.map((token) => token.text).filter((name) => name !== "type" && name !== "as"),
        line,
      });
    }
  }
  return found;
}

/** The path a relative specifier means; `undefined` for a package. */
export function targetOf(source: Source, specifier: string): string | undefined {
  return specifier.startsWith(".") ? posix.join(posix.dirname(source.path), specifier) : undefined;
}

/** Every group of files that import each other in a circle, written as the path around it. */
export function cycleProblems(sources: readonly Source[]): string[] {
  const edges = new Map(
    sources.map((source) => [
      source.path,
      importsOf(source).flatMap(({ specifier }) => targetOf(source, specifier) ?? []),
    ]),
  );
  const problems: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]) => {
    const start = trail.indexOf(path);
    if (start >= 0) problems.push(`cycle: ${[...trail.slice(start), path].join(" -> ")}`);
    if (start >= 0 || done.has(path)) return;
    for (const target of edges.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return problems;
}
