import { basename, dirname, extname, isAbsolute } from "node:path";
import { fail, nearest } from "../core/index.ts";
import { type NamedRow, openCsv, openTsv } from "../files/csv.ts";
import { openJsonLines } from "../files/json-rows.ts";
import { mapTable, type Table } from "../files/table.ts";
import { storedImage } from "./dataset-folder.ts";
import { type ExampleRow, exampleRow } from "./example-row.ts";
import type { CaptionExample, ClassExample, QuestionExample, StoredImage } from "./examples.ts";

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

/** One caption a row, or a list of them in JSON lines; `map` names the columns. */
export async function listedCaptions(
  list: PictureList,
  map: { readonly image: string; readonly caption: string },
): Promise<Table<CaptionExample>> {
  return mapTable(await rows(list, map), (row) => ({
    image: imageIn(list, row.text(map.image), row.where),
    captions: row.texts(map.caption),
  }));
}

/** One question a row; ids are the rows' indexes unless a column has them. */
export async function listedQuestions(
  list: PictureList,
  map: { readonly image: string; readonly question: string; readonly answer?: string; readonly id?: string },
): Promise<Table<QuestionExample>> {
  return mapTable(await rows(list, map), (row, index) => ({
    image: imageIn(list, row.text(map.image), row.where),
    questionId: map.id === undefined ? String(index) : row.id(map.id),
    question: row.text(map.question),
    ...(map.answer === undefined ? {} : { answers: row.texts(map.answer) }),
  }));
}

/** One label a row; all rows are read once, for classes are the labels' places when sorted. */
export async function listedClasses(
  list: PictureList,
  map: { readonly image: string; readonly label: string },
): Promise<Table<ClassExample>> {
  const table = await rows(list, map);
  const labels = new Set<string>();
  for (let index = 0; index < table.size; index++) {
    const row = await table.get(index);
    labels.add(row.id(map.label));
  }
  const classes = new Map([...labels].sort().map((label, i) => [label, i]));
  return mapTable(table, (row) => {
    const label = row.id(map.label);
    return { image: imageIn(list, row.text(map.image), row.where), label, class: classes.get(label)! };
  });
}

async function rows(list: PictureList, map: Readonly<Record<string, string>>): Promise<Table<ExampleRow>> {
  const { path, columns } = list;
  switch (extname(path).toLowerCase()) {
    case ".jsonl":
      return mapTable(await openJsonLines(path), ({ value, where }) => exampleRow(value, where));
    case ".csv":
    case ".tsv": {
      const table = await (path.toLowerCase().endsWith(".csv") ? openCsv : openTsv)(path, columns);
      for (const name of Object.values(map)) {
        if (table.columns.includes(name)) continue;
        fail("usage", path, {
          expected: `a column ${name}`,
          got: table.columns.join(", "),
          todo: `did you mean ${nearest(name, table.columns)}?`,
        });
      }
      return mapTable(table, ({ values, where }: NamedRow) => exampleRow(values, where));
    }
    default:
      return fail("usage", path, {
        expected: "a .csv, .tsv or .jsonl file",
        got: extname(path) || "another",
      });
  }
}

function imageIn({ folder }: PictureList, name: string, where: string): StoredImage {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(name)) {
    fail("data", where, {
      expected: "the path of a picture on this machine",
      got: JSON.stringify(name.slice(0, 80)),
      todo: "download the pictures first and list their paths",
    });
  }
  return isAbsolute(name)
    ? storedImage(dirname(name), basename(name), name)
    : storedImage(folder, name, name);
}
