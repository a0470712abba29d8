import { readdirSync, readFileSync } from "node:fs";
import { type Token, tokenize } from "./tokens.ts";

/** One source file; `path` has forward slashes and starts at the repository root: "src/core/rng.ts". */
export interface Source {
  readonly path: string;
  readonly text: string;
  readonly tokens: readonly Token[];
}

/** The repository root, seen from the compiled test. */
export const root = new URL("../../../", import.meta.url);

/** A source made of text, for fixtures. */
export function sourceOf(path: string, text: string): Source {
  return { path, text, tokens: tokenize(text) };
}

/** All TypeScript files below the given folders of the repository; a folder that does not exist holds none. */
export function readSources(...folders: readonly string[]): Source[] {
  const present = new Set(readdirSync(root));
  return folders
    .filter((folder) => present.has(folder))
    .flatMap((folder) =>
      readdirSync(new URL(folder, root), { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".ts"))
        .sort()
        .map((name) => {
          const path = `${folder}/${name.replaceAll("\\", "/")}`;
          return sourceOf(path, readFileSync(new URL(path, root), "utf8"));
        }),
    );
}

/** True for a test beside its file, which may import whatever it needs. */
export function isTest({ path }: Source): boolean {
  return path.endsWith(".test.ts");
}

/** The folder of src a file lies in ("core"), or the file's own name where it lies in src itself. */
export function folderOf(path: string): string {
  return path.split("/")[1]!;
}
