import { extname, isAbsolute } from "node:path";
import { fail } from "../core/index.ts";
import { type NamedRow, openCsv, openTsv } from "../files/csv.ts";
import { openJsonLines } from "../files/json-rows.ts";
import { mapTable, type Table } from "../files/table.ts";
import { pictureFile, storedImage } from "./dataset-folder.ts";
import { type ExampleRow, exampleRow } from "./example-row.ts";
import type { StoredImage } from "./examples.ts";
import type { RowSource } from "./row-examples.ts";

/**
 * A user's own list of pictures: CSV, TSV or JSON lines with a column for the picture's path and others for texts. Paths
 * are relative to a folder, or absolute; addresses on the web are refused.
 */
export interface PictureList {
  /** .csv, .tsv or .jsonl. */
  readonly path: string;
  /** What the paths are relative to. */
  readonly folder: string;
  /** Names of the columns where the first row does not give them (CSV and TSV). */
  readonly columns?: readonly string[];
}

/** The rows of a list; of JSON lines the first record tells the columns. */
export async function listedRows(list: PictureList): Promise<RowSource> {
  const { columns, table } = await openList(list);
  return {
    where: list.path,
    columns,
    rows: () =>
      mapTable(table, (row, index) => ({
        row,
        key: String(index),
        image: (column, id) => imageIn(list, row.text(column), row.where, id),
      })),
  };
}

async function openList({
  path,
  columns,
}: PictureList): Promise<{ readonly columns: readonly string[]; readonly table: Table<ExampleRow> }> {
  switch (extname(path).toLowerCase()) {
    case ".jsonl": {
      const lines = await openJsonLines(path);
      const table = mapTable(lines, ({ value, where }) => exampleRow(value, where));
      if (lines.size === 0) return { columns: [], table };
      const first = await lines.get(0);
      exampleRow(first.value, first.where);
      return { columns: Object.keys(first.value as object), table };
    }
    case ".csv":
    case ".tsv": {
      const table = await (path.toLowerCase().endsWith(".csv") ? openCsv : openTsv)(path, columns);
      return {
        columns: table.columns,
        table: mapTable(table, ({ values, where }: NamedRow) => exampleRow(values, where)),
      };
    }
    default:
      return fail("usage", path, {
        expected: "a .csv, .tsv or .jsonl file",
        got: extname(path) || "another",
      });
  }
}

function imageIn({ folder }: PictureList, name: string, where: string, id?: string): StoredImage {
  if (isAddress(name)) {
    fail("data", where, {
      expected: "the path of a picture on this machine",
      got: JSON.stringify(name.slice(0, 80)),
      todo: "download the pictures first and list their paths",
    });
  }
  return isAbsolute(name) ? pictureFile(name, id) : storedImage(folder, name, id ?? name);
}

/** True for an address on the web or elsewhere, "https://..." and the like. */
export function isAddress(name: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(name);
}
