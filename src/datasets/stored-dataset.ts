import { dirname } from "node:path";
import { BifocalError, fail, nearest } from "../core/index.ts";
import { openArrowFile } from "../files/arrow-file.ts";
import { openParquet } from "../files/parquet-file.ts";
import { shardPaths } from "../files/shard-paths.ts";
import type { Table } from "../files/table.ts";
import { openTarShards } from "../files/webdataset.ts";
import { arrowDatasets, openArrowTables } from "./arrow-datasets.ts";
import type { ExampleOf, Form } from "./examples.ts";
import { listedRows } from "./listed-pictures.ts";
import { realDatasets } from "./official/index.ts";
import { type DatasetFacts, type OfficialDataset, officialDataset } from "./official-dataset.ts";
import { readManifest } from "./pack.ts";
import { type PictureForm, packLayouts } from "./pack-layout.ts";
import { parquetRows } from "./parquet-examples.ts";
import { folderPictures } from "./picture-folder.ts";
import { type ColumnNames, formOfColumns, type RowSource, rowExamples } from "./row-examples.ts";
import { webdatasetExamples, webdatasetForm } from "./webdataset-examples.ts";

/** Everything on disk that can be named: official data sets, old Arrow folders, and files of the user's own. */

/** What a user may say about files of their own; official data sets know it. */
export interface SourceOptions {
  /** Where the files do not tell it. */
  readonly form?: PictureForm | undefined;
  /** Columns by field, where they have no usual names. */
  readonly columns?: ColumnNames | undefined;
  /** What paths in a list are relative to: else to the list's folder. */
  readonly pictures?: string | undefined;
  /** Is told of files that do not open, which are then left out; without it the first one is an error. */
  readonly damagedFile?: ((problem: BifocalError, path: string) => void) | undefined;
}

/** A split that is open. */
export interface OpenedSplit {
  readonly form: Form;
  readonly table: Table<ExampleOf[Form]>;
}

interface OwnFiles extends Omit<DatasetFacts, "form" | "homePage" | "licence" | "citation" | "splits"> {
  readonly open: (root: string, options: SourceOptions) => Promise<OpenedSplit>;
}

/** The one split of files of the user's own. */
export const wholeSplit = "all";

const ownFiles: readonly OwnFiles[] = [
  {
    name: "webdataset",
    title: "WebDataset shards",
    tree: "\nROOT is a folder of .tar files, one file, or a pattern: shards/{000..123}.tar",
    open: async (root, { form, damagedFile }) => {
      const paths = await whole(await shardPaths(root, ".tar"), (path) => openTarShards([path]), damagedFile);
      const known = form ?? (await packedForm(root)) ?? (await webdatasetForm(paths)) ?? noForm(root);
      return { form: known, table: await webdatasetExamples(known, paths) };
    },
  },
  {
    name: "parquet",
    title: "Parquet files with pictures inside",
    tree: "\nROOT is a folder of .parquet files, one file, or a pattern: train-{00000..00009}.parquet",
    open: async (root, options) => {
      const paths = await whole(await shardPaths(root, ".parquet"), openParquet, options.damagedFile);
      const rows = await parquetRows(paths);
      return openRows(rows, { ...options, form: options.form ?? (await packedForm(root)) });
    },
  },
  {
    name: "arrow",
    title: "Arrow files of older research code, as those of arrow-coco",
    tree: "\nROOT is a .arrow file or a pattern: sbu_{0..8}.arrow; whole folders have names of their own: arrow-coco ...",
    open: async (root, { damagedFile }) =>
      openArrowTables(await whole(await shardPaths(root, ".arrow"), openArrowFile, damagedFile)),
  },
  ...["csv", "tsv", "jsonl"].map((name) => ({
    name,
    title: `a list of pictures and texts, .${name}`,
    tree: `\nROOT is the .${name} file: paths of pictures, relative to its folder or --pictures, beside texts or labels`,
    open: async (root: string, options: SourceOptions) =>
      openRows(await listedRows({ path: root, folder: options.pictures ?? dirname(root) }), options),
  })),
  {
    name: "pictures",
    title: "a folder of pictures, without texts",
    tree: "\nROOT is the folder; pictures of folders in it are found too",
    open: async (root) => ({ form: "captions", table: await folderPictures(root) }),
  },
];

/** A data set that has a name here; `splits` of files of the user's own is "all". */
export interface StoredDataset extends Omit<DatasetFacts, "form"> {
  /** "any" where the files tell it. */
  readonly form: Form | "any";
  open(split: string, root: string, options?: SourceOptions): Promise<OpenedSplit>;
}

/** Everything that can be named, in the order that lists show. */
export const storedDatasets: readonly StoredDataset[] = [
  ...[...realDatasets, ...arrowDatasets].map((dataset) => known(dataset)),
  ...ownFiles.map((files): StoredDataset => {
    const facts = {
      ...files,
      homePage: "none",
      licence: "that of the files",
      citation: "none",
      splits: { [wholeSplit]: undefined },
    };
    return {
      ...facts,
      form: "any",
      open: (split, root, options = {}) => {
        // The message for another split is the same as for official data sets.
        if (split === wholeSplit) return files.open(root, options);
        return known(officialDataset({ ...facts, form: "captions" }, noSplit)).open(split, root);
      },
    };
  }),
];

const noSplit = () => fail("usage", "split", { expected: wholeSplit });

function known({ open, ...facts }: OfficialDataset): StoredDataset {
  return {
    ...facts,
    open: async (split, root, options = {}) => {
      const { damagedFile: _, ...said } = options;
      const given = Object.entries(said).find(([, value]) => value !== undefined)?.[0];
      if (given !== undefined) {
        fail("usage", facts.name, {
          expected: `no ${given}: the files of ${facts.title} are known`,
          todo: `use it with ${ownFiles.map(({ name }) => name).join(", ")}`,
        });
      }
      return { form: facts.form, table: await open(split, root) };
    },
  };
}

/** What has this name. @throws BifocalError "usage" for an unknown one. */
export function storedDataset(name: string): StoredDataset {
  const found = storedDatasets.find((dataset) => dataset.name === name);
  if (found !== undefined) return found;
  const names = storedDatasets.map((dataset) => dataset.name);
  return fail("usage", "data set", {
    expected: "a data set's name",
    got: name,
    todo: `did you mean ${nearest(name, names)}? bifocal data list has all`,
  });
}

/** The form that the user means. @throws BifocalError "usage" for an unknown one. */
export function pictureForm(name: string): PictureForm {
  const forms = Object.keys(packLayouts) as PictureForm[];
  const found = forms.find((form) => form === name);
  if (found !== undefined) return found;
  return fail("usage", "form", {
    expected: forms.join(", "),
    got: name,
    todo: `did you mean ${nearest(name, forms)}?`,
  });
}

/** The files that open, where the others are to be told. @throws BifocalError "data" when none does. */
async function whole(
  paths: readonly string[],
  open: (path: string) => Promise<unknown>,
  damagedFile: SourceOptions["damagedFile"],
): Promise<readonly string[]> {
  if (damagedFile === undefined) return paths;
  const found: string[] = [];
  let last: BifocalError | undefined;
  for (const path of paths) {
    try {
      await open(path);
      found.push(path);
    } catch (error) {
      if (!(error instanceof BifocalError) || error.fields.code !== "data") throw error;
      last = error;
      damagedFile(error, path);
    }
  }
  if (found.length === 0 && last !== undefined) throw last;
  return found;
}

async function openRows(rows: RowSource, { form, columns }: SourceOptions): Promise<OpenedSplit> {
  const guessed = formOfColumns([...rows.columns, ...Object.keys(columns ?? {})]);
  const known = form ?? guessed ?? noForm(rows.where, rows.columns);
  return { form: known, table: await rowExamples(rows, known, columns) };
}

/** Folders that `pack` wrote say what they hold; another tool's manifest says nothing here. */
async function packedForm(root: string): Promise<PictureForm | undefined> {
  const manifest = await readManifest(root).catch(() => undefined);
  const forms = Object.keys(packLayouts) as PictureForm[];
  return forms.find((form) => form === manifest?.form);
}

function noForm(where: string, columns: readonly string[] = []): never {
  const [only] = columns;
  if (columns.length === 1 && only!.includes(";"))
    fail("usage", where, {
      expected: "cells with commas between",
      got: only!,
      todo: "replace the semicolons",
    });
  return fail("usage", where, {
    expected: "fields that tell what the examples are: captions, question, label ...",
    got: columns.length === 0 ? "none of them" : columns.join(", "),
    todo: `say it: --form ${Object.keys(packLayouts).join("|")}, and --column FIELD=NAME where a column has another name`,
  });
}
