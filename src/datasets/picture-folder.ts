import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fail } from "../core/index.ts";
import { type Table, tableOf } from "../files/table.ts";
import { storedImage } from "./dataset-folder.ts";
import type { CaptionExample } from "./examples.ts";

const endings = /\.(jpe?g|png|webp|gif|tiff?|avif)$/i;

/**
 * Paths of the pictures below a folder, relative to it, in the order of their code units; other files and what begins
 * with a dot are left out. @throws BifocalError "usage" when there is no such folder or no picture in it.
 */
export async function picturesBelow(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause: Error) =>
    fail("usage", folder, { expected: "a folder of pictures", got: cause.message }),
  );
  const names = found
    .filter((entry) => !entry.isDirectory() && endings.test(entry.name))
    .map(({ parentPath, name }) => join(parentPath, name).slice(join(folder, "/").length))
    .filter((path) => !/(^|[\\/])\./.test(path))
    .sort();
  if (names.length > 0) return names;
  return fail("usage", folder, { expected: "pictures (jpg, png, webp, gif, tiff, avif)", got: "none" });
}

/** The pictures below a folder, without texts. */
export async function folderPictures(folder: string): Promise<Table<CaptionExample>> {
  const names = await picturesBelow(folder);
  return tableOf(names.map((name) => ({ image: storedImage(folder, name, name), captions: [] })));
}
