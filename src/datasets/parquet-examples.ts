import { basename } from "node:path";
import { concatTables } from "../files/concat-tables.ts";
import { openParquet, type ParquetFile } from "../files/parquet-file.ts";
import type { Table } from "../files/table.ts";
import { cellImage, type ExampleRow, exampleRow } from "./example-row.ts";
import type { CaptionExample, QuestionExample, StoredImage } from "./examples.ts";

/**
 * Parquet files with pictures inside: a column of bytes (img2dataset's "jpg") or of {bytes, path} structs (Hugging
 * Face's `datasets`, and ours), and columns of text. What no column names is named by file and row.
 */

/** Names of columns; `imageId` is "image_id" in files that `pack` wrote. */
export interface PictureColumns {
  readonly image: string;
  readonly imageId?: string;
}

/** One caption a row, or a list of them. */
export function parquetCaptions(
  paths: readonly string[],
  map: PictureColumns & { readonly caption: string },
): Promise<Table<CaptionExample>> {
  return joined(paths, [map.imageId, map.caption], (file, row, index) => ({
    image: imageAt(file, index, map, row),
    captions: row.texts(map.caption),
  }));
}

/** One question a row; answers are a text or a list. */
export function parquetQuestions(
  paths: readonly string[],
  map: PictureColumns & { readonly question: string; readonly answers?: string; readonly id?: string },
): Promise<Table<QuestionExample>> {
  const { imageId, question, answers, id } = map;
  return joined(paths, [imageId, question, answers, id], (file, row, index) => ({
    image: imageAt(file, index, map, row),
    questionId: id === undefined ? rowId(file, index) : row.id(id),
    question: row.text(question),
    ...(answers === undefined || !row.has(answers) ? {} : { answers: row.texts(answers) }),
  }));
}

async function joined<E>(
  paths: readonly string[],
  columns: readonly (string | undefined)[],
  example: (file: ParquetFile, row: ExampleRow, index: number) => E,
): Promise<Table<E>> {
  const names = columns.filter((name) => name !== undefined);
  const tables: Table<E>[] = [];
  for (const path of paths) {
    const file = await openParquet(path);
    tables.push({
      size: file.rows,
      get: async (index) =>
        example(file, exampleRow(await file.row(index, names), `${path} row ${index}`), index),
    });
  }
  return concatTables(tables);
}

function rowId(file: ParquetFile, index: number): string {
  return `${basename(file.path, ".parquet")}-${index}`;
}

function imageAt(
  file: ParquetFile,
  index: number,
  { image, imageId }: PictureColumns,
  row: ExampleRow,
): StoredImage {
  const id = imageId === undefined ? rowId(file, index) : row.id(imageId);
  return cellImage(id, `${file.path} row ${index} column ${image}`, async () => {
    const cells = await file.row(index, [image]);
    return cells[image] ?? null;
  });
}
