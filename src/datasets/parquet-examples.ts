import { basename } from "node:path";
import { fail } from "../core/index.ts";
import { concatTables } from "../files/concat-tables.ts";
import { openParquet } from "../files/parquet-file.ts";
import { cellImage, exampleRow } from "./example-row.ts";
import type { RowSource, SourceRow } from "./row-examples.ts";

/**
 * Parquet files with pictures inside: a column of bytes (img2dataset's "jpg") or of {bytes, path} structs (Hugging
 * Face's `datasets`, and ours), and columns of text. What no column names is named by file and row.
 */
export async function parquetRows(paths: readonly string[]): Promise<RowSource> {
  const files = await Promise.all(paths.map(openParquet));
  const [first] = files;
  if (first === undefined) fail("usage", "parquet", { expected: "at least one file", got: "none" });
  return {
    where: paths.length === 1 ? paths[0]! : `${paths[0]} and others`,
    columns: first.columns,
    rows: (columns) =>
      concatTables(
        files.map((file) => ({
          size: file.rows,
          get: async (index): Promise<SourceRow> => {
            const row = exampleRow(await file.row(index, columns), `${file.path} row ${index}`);
            const key = `${basename(file.path, ".parquet")}-${index}`;
            const image = (column: string, id = key) =>
              cellImage(id, `${file.path} row ${index} column ${column}`, async () => {
                const cells = await file.row(index, [column]);
                return cells[column] ?? null;
              });
            return { row, key, image };
          },
        })),
      ),
  };
}
