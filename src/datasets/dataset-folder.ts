import { type Stats, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, normalize, sep } from "node:path";
import { fail } from "../core/index.ts";
import { readPlainFile } from "../files/plain-file.ts";
import type { StoredImage } from "./examples.ts";

/** What `read` of a picture says it got where there is no file. */
export const noFile = "no such file";

/** What it says where there is a place for a picture but nothing in it. */
export const noBytes = ["an empty file", "an empty value", "none"];

/** The folder a data set lies in. Missing parts are reported with the whole tree that is expected. */
export interface DatasetFolder {
  readonly root: string;
  /** Path of the first of these files that is there. @throws BifocalError "data" when none is. */
  file(...candidates: readonly string[]): string;
  /** Pictures in the first of these folders that is there. @throws BifocalError "data" when none is. */
  pictures(...candidates: readonly string[]): PictureFolder;
}

/** A picture by its file name in a folder, named `id` where that is not the file name. */
export type PictureFolder = (name: string, id?: string) => StoredImage;

/** Opens no file. @throws BifocalError "data" when there is no folder `root`. */
export function datasetFolder(root: string, name: string, tree: string): DatasetFolder {
  const missing = (path: string, got: string) =>
    fail("data", path, {
      expected: `the folder of ${name}:\n${tree.trim()}\n`,
      got,
      todo: "get what is missing from its home page or give the folder that has this tree",
    });
  if (statOf(root)?.isDirectory() !== true) missing(root, "no such folder");
  const first = (candidates: readonly string[], wanted: (stats: Stats) => boolean, kind: string) => {
    const found = candidates.find((candidate) => {
      const stats = statOf(join(root, candidate));
      return stats !== undefined && wanted(stats);
    });
    return found === undefined ? missing(join(root, candidates[0]!), `no such ${kind}`) : join(root, found);
  };
  return {
    root,
    file: (...candidates) => first(candidates, (stats) => stats.isFile(), "file"),
    pictures: (...candidates) => {
      const folder = first(candidates, (stats) => stats.isDirectory(), "folder");
      return (picture, id = picture) => storedImage(folder, picture, id);
    },
  };
}

function statOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

/** The picture at a path that may lie anywhere, named `id` where that is not the path. */
export function pictureFile(path: string, id = path): StoredImage {
  return storedImage(dirname(path), basename(path), id);
}

/** The picture at `name` inside `folder`; a name that leads out of it is refused when it is read. */
export function storedImage(folder: string, name: string, id: string): StoredImage {
  const where = join(folder, name);
  return { id, where, read: () => readPicture(folder, name, where) };
}

async function readPicture(folder: string, name: string, where: string): Promise<Uint8Array> {
  if (isAbsolute(name) || normalize(name).split(sep)[0] === "..") {
    fail("data", where, { expected: `a picture inside ${folder}`, got: `"${name}", which leads out of it` });
  }
  const todo = "restore the file or take its record out of the list";
  const refuse = (cause: NodeJS.ErrnoException) => {
    const got = cause.code === "ENOENT" || cause.code === "ENOTDIR" ? noFile : cause.message;
    return fail("data", where, { expected: "a picture file", got, todo });
  };
  const bytes = await readPlainFile(where).catch(refuse);
  if ("instead" in bytes) fail("data", where, { expected: "a picture file", got: bytes.instead, todo });
  if (bytes.length === 0) fail("data", where, { expected: "a picture file", got: noBytes[0]!, todo });
  return bytes;
}
