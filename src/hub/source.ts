import { stat } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { fail } from "../core/index.ts";

/** A model repository at a revision: a branch, a tag or a commit. */
export interface Repository {
  /** "org/name", or "name" alone for the hub's oldest repositories. */
  readonly id: string;
  readonly revision: string;
}

/** A whole commit: such a revision never changes. */
export const commitPattern = /^[0-9a-f]{40}$/;

const part = /^[A-Za-z0-9_]([\w.-]*[A-Za-z0-9_])?$/;
const localStart = /^(\.{1,2}(\/|$)|~(\/|$))/;

/**
 * Reads what a user wrote where a checkpoint is wanted: a folder, which is returned with its absolute path, or
 * "org/name@revision". A folder that exists wins. @throws BifocalError where it is neither.
 */
export async function readSource(source: string, revision?: string): Promise<string | Repository> {
  // Not resolved first: "org/.." would be the present folder, though there is no org.
  const found = await stat(expandHome(source)).catch(() => undefined);
  if (found?.isDirectory()) return resolve(expandHome(source));
  const expected = "a folder, or a model on the hub as org/name or org/name@revision";
  if (isAbsolute(source) || localStart.test(source) || found !== undefined) {
    fail("usage", source, { expected: "a folder", got: found ? "a file" : "nothing there" });
  }
  const [id = "", written, ...more] = source.split("@");
  const parts = id.split("/");
  const isId = parts.length <= 2 && parts.every((name) => part.test(name)) && !/--|\.\./.test(id);
  if (!isId || id.length > 96 || more.length > 0) fail("usage", "model", { expected, got: `"${source}"` });
  if (written !== undefined && revision !== undefined && written !== revision) {
    fail("usage", "revision", { expected: `one revision of ${id}`, got: `${written} and ${revision}` });
  }
  const chosen = written ?? revision ?? "main";
  if (!isSafeName(chosen) || !/^[\w./-]+$/.test(chosen)) {
    fail("usage", "revision", { expected: "a commit, tag or branch", got: `"${chosen}"` });
  }
  return { id, revision: chosen };
}

/** "org/name@revision", as errors say it. */
export function nameOf({ id, revision }: Repository): string {
  return `${id}@${revision}`;
}

/** "~" and "~/x" as a shell would read them. */
export function expandHome(path: string): string {
  return /^~(\/|$)/.test(path) ? join(homedir(), path.slice(1)) : path;
}

/** True for a relative path that stays below the folder it is joined to, on every operating system. */
export function isSafeName(name: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const strange = /[\\:\x00-\x1f\x7f]/;
  return !strange.test(name) && name.split("/").every((step) => step !== "" && step !== "." && step !== "..");
}
