import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fail } from "../core/index.ts";

const maxPaths = 1_000_000;

/**
 * The paths that braces stand for, as shells write them: "cc3m-{00000..00331}.tar" counts with the digits it is
 * written with, "{train,val}.tar" lists; several braces give every combination, the last changing fastest.
 * @throws BifocalError "usage" for braces that are not closed or count too far.
 */
export function expandBraces(pattern: string): string[] {
  const brace = /^([^{}]*)\{([^{}]*)\}(.*)$/s.exec(pattern);
  if (brace === null) {
    if (/[{}]/.test(pattern)) {
      fail("usage", pattern, { expected: "braces such as {000..123} or {a,b}", got: "others" });
    }
    return [pattern];
  }
  const [, before = "", inside = "", after = ""] = brace;
  const choices = countOf(pattern, inside) ?? inside.split(",");
  const rest = expandBraces(after);
  if (choices.length * rest.length > maxPaths) tooMany(pattern);
  return choices.flatMap((choice) => rest.map((tail) => before + choice + tail));
}

function tooMany(pattern: string): never {
  return fail("usage", pattern, { expected: `at most ${maxPaths} paths`, got: "more" });
}

function countOf(pattern: string, inside: string): string[] | undefined {
  const range = /^(\d+)\.\.(\d+)$/.exec(inside);
  if (range === null) return undefined;
  const [, first = "", last = ""] = range;
  const length = Number(last) - Number(first) + 1;
  if (length < 1) fail("usage", pattern, { expected: "a range that counts up", got: `{${inside}}` });
  if (length > maxPaths) tooMany(pattern);
  const digits = first.startsWith("0") || last.startsWith("0") ? Math.max(first.length, last.length) : 1;
  return Array.from({ length }, (_, i) => String(Number(first) + i).padStart(digits, "0"));
}

/**
 * The files a user means by a path with braces, or by a folder: all its files that end in `extension`, by name.
 * Whether a written path exists shows when it is opened. @throws BifocalError "usage" for a folder with none.
 */
export async function shardPaths(path: string, extension: string): Promise<string[]> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) return expandBraces(path);
  const names = (await readdir(path)).filter((name) => name.endsWith(extension) && !name.startsWith("."));
  if (names.length === 0) fail("usage", path, { expected: `${extension} files`, got: "none" });
  return names.sort().map((name) => join(path, name));
}
