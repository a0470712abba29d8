import { statSync } from "node:fs";
import { fail } from "../core/index.ts";
import { type FilesConfig, isOwnFiles } from "./files-config.ts";
import { storedDataset } from "./stored-dataset.ts";

/**
 * Looks for the folders of data sets before any is opened, so that all that are missing are told at once; those of the
 * user's own files may be patterns and are left to their readers.
 * @throws BifocalError "data" with the files that belong into the folders that are not there.
 */
export function requireFolders(sources: readonly FilesConfig[]): void {
  const missing = sources.filter(
    (source) =>
      source.root !== undefined &&
      !isOwnFiles(source) &&
      statSync(source.root, { throwIfNoEntry: false })?.isDirectory() !== true,
  );
  if (missing.length === 0) return;
  const trees = missing.map(({ name, root }) => {
    const tree = storedDataset(name).tree.trim().replaceAll("\n", "\n    ");
    return `\n  ${root}, of ${name}:\n    ${tree}`;
  });
  fail("data", "data.root", {
    expected: `${missing.length === 1 ? "a folder" : "folders"} with these files:${trees.join("")}\n`,
    got: missing.length === 1 ? "no such folder" : "no such folders",
    todo: "say where the data lies with data.root=FOLDER (a finished run: bifocal eval --data NAME --root FOLDER)",
  });
}
