import type { FileMetaData } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { fail } from "../core/index.ts";
import { type OpenFile, readUpTo } from "./byte-source.ts";

/**
 * A look through the pages of a column before they are decoded: the decoder believes what headers say of sizes and
 * counts, and a damaged one could ask for more memory than there is.
 */

type ColumnMetadata = NonNullable<FileMetaData["row_groups"][number]["columns"][number]["meta_data"]>;

/** Rows of a group, and values of its columns. */
export const largestGroup = 2 ** 24;
const largestColumnBytes = 2 ** 31;
const headerBytes = 2 ** 16;

/** Says that a Parquet file is damaged. @throws BifocalError "data" always. */
export function parquetDefect(where: string, expected: string, got: string): never {
  fail("data", where, { expected, got, todo: "the file is damaged or truncated; fetch or make it again" });
}

/** Reads all page headers of a column chunk. @throws BifocalError "data" where sizes or counts cannot be. */
export async function checkPages(file: OpenFile, column: ColumnMetadata, where: string): Promise<void> {
  const start = Number(column.dictionary_page_offset || column.data_page_offset);
  const length = Number(column.total_compressed_size);
  const end = start + length;
  const values = Number(column.num_values);
  const uncompressed = Number(column.total_uncompressed_size);
  if (!(start >= 4 && length >= 0 && end <= file.size)) {
    parquetDefect(where, `a column within ${file.size} bytes`, `${start} to ${end}`);
  }
  if (!(values >= 0 && values <= largestGroup)) {
    parquetDefect(where, `at most ${largestGroup} values`, String(values));
  }
  if (!(uncompressed >= 0 && uncompressed <= largestColumnBytes)) {
    fail("data", where, {
      expected: "row groups of at most 2 GiB a column",
      got: `${uncompressed} bytes`,
      todo: "write the file again with smaller row groups",
    });
  }
  let counted = 0;
  for (let at = start; at < end - 1; ) {
    const bytes = new Uint8Array(Math.min(headerBytes, end - at));
    readUpTo(file, bytes, at);
    const reader = { view: new DataView(bytes.buffer), offset: 0 };
    const page = parquetHeader(reader);
    const header = page.data_page_header ?? page.data_page_header_v2;
    const pageValues = header?.num_values ?? page.dictionary_page_header?.num_values ?? 0;
    const next = at + reader.offset + page.compressed_page_size;
    const fits = page.compressed_page_size >= 0 && next <= end;
    const size = page.uncompressed_page_size;
    if (!fits || !(size >= 0 && size <= uncompressed) || !(pageValues >= 0 && pageValues <= values)) {
      parquetDefect(where, "pages within their column", `one of ${size} bytes and ${pageValues} values`);
    }
    if (header !== undefined) counted += pageValues;
    at = next;
  }
  if (counted !== values) parquetDefect(where, `${values} values`, String(counted));
}
