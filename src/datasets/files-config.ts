import { join, resolve } from "node:path";
import { fail } from "../core/index.ts";
import type { PictureForm } from "./pack-layout.ts";
import { wholeSplit } from "./stored-dataset.ts";

/** A data set in files: an official one, an old Arrow folder, or files of the user's own. */
export interface FilesConfig {
  readonly kind: "files";
  /** As `bifocal data list` has it: "vqav2", "arrow-coco", "csv", "webdataset". */
  readonly name: string;
  /** The folder its tree lies in; of own files a folder or a file. */
  readonly root?: string | undefined;
  /**
   * Parts by the names a run knows: `train` is learned from, `val` selects, the others are for evaluation. Parts are
   * splits of the data set, "train" or "train[:-500]"; of own files, file names or patterns below `root`, or "all".
   */
  readonly splits?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** Of own files, where these do not tell it. */
  readonly form?: PictureForm | undefined;
  /** Of own files: columns by field, where they have no usual names. */
  readonly columns?: Readonly<Record<string, string>> | undefined;
  /** Of own lists: what the paths of pictures are relative to, else the list's folder. */
  readonly pictures?: string | undefined;
  /** The answers a model chooses from: a file, or those that enough training questions have. */
  readonly answers?: string | { readonly atLeast: number } | undefined;
  /** Whether a question has the answers of one annotator or of several; official data sets know it. */
  readonly annotators?: "one" | "several" | undefined;
  /** Reports of `bifocal data check`: the examples that cannot be used are left out. */
  readonly skip?: string | readonly string[] | undefined;
}

const severalAnnotators = ["vqav2", "ok-vqa", "vizwiz", "arrow-vqav2"];

/** Whether answers are weighed by how many annotators gave them. */
export function hasSeveralAnnotators({ name, annotators }: FilesConfig): boolean {
  return annotators === undefined ? severalAnnotators.includes(name) : annotators === "several";
}

/** Names of data sets whose splits are files of the user's own. */
export const ownFileNames = ["webdataset", "parquet", "arrow", "csv", "tsv", "jsonl", "pictures"] as const;

/** Whether a data set's splits are files of the user's own. */
export function isOwnFiles({ name }: Pick<FilesConfig, "name">): boolean {
  return ownFileNames.some((own) => own === name);
}

/** What to open for a part called `name`: its reader's split and path. @throws BifocalError "config" without a root. */
export function placeOfPart(config: FilesConfig, name: string): { split: string; path: string } {
  const { root } = config;
  if (root === undefined) {
    return fail("config", "data.root", {
      expected: `the folder of ${config.name}`,
      got: "none",
      todo: "add data.root=FOLDER; bifocal data list has the tree it should have",
    });
  }
  if (!isOwnFiles(config) || name === wholeSplit) return { split: name, path: root };
  return { split: wholeSplit, path: resolve(name) === name ? name : join(root, name) };
}
