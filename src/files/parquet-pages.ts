import { brotliDecompressSync, gunzipSync } from "node:zlib";
import {
  type Compressors,
  type FileMetaData,
  parquetSchema,
  type SchemaTree,
  snappyUncompress,
} from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { fail } from "../core/index.ts";
import { type OpenFile, readUpTo } from "./byte-source.ts";
import { checkRuns, parquetDefect } from "./parquet-runs.ts";

/**
 * A look through the pages of a column before they are decoded. The decoder believes what the bytes say of sizes,
 * counts and indexes: damaged ones would make it run for ever, take all memory, or give nulls where values were.
 */

type ColumnMetadata = NonNullable<FileMetaData["row_groups"][number]["columns"][number]["meta_data"]>;

/** Rows of a group, and values of its columns. */
export const largestGroup = 2 ** 24;
const largestColumnBytes = 2 ** 31;
const headerBytes = 2 ** 16;

/** LZ4 and Zstandard are not in every supported Node. */
export const decompressors: Compressors = {
  SNAPPY: (bytes, size) => {
    const output = new Uint8Array(size);
    snappyUncompress(bytes, output);
    return output;
  },
  GZIP: (bytes, size) => gunzipSync(bytes, { maxOutputLength: Math.max(size, 1) }),
  BROTLI: (bytes, size) => brotliDecompressSync(bytes, { maxOutputLength: Math.max(size, 1) }),
};

/** Reads all pages of a column chunk. @throws BifocalError "data" where sizes, counts or indexes cannot be. */
export function checkPages(
  file: OpenFile,
  metadata: FileMetaData,
  column: ColumnMetadata,
  where: string,
): void {
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
  const levels = levelsOf(metadata, column, where);
  let dictionary = 0;
  let counted = 0;
  for (let at = start; at < end - 1; ) {
    const head = new Uint8Array(Math.min(headerBytes, end - at));
    readUpTo(file, head, at);
    const reader = { view: new DataView(head.buffer), offset: 0 };
    const page = parquetHeader(reader);
    const { data_page_header: first, data_page_header_v2: second, dictionary_page_header: kept } = page;
    const pageValues = (first ?? second ?? kept)?.num_values ?? 0;
    const next = at + reader.offset + page.compressed_page_size;
    const fits = page.compressed_page_size >= 0 && next <= end;
    const size = page.uncompressed_page_size;
    if (!fits || !(size >= 0 && size <= uncompressed) || !(pageValues >= 0 && pageValues <= values)) {
      parquetDefect(where, "pages within their column", `one of ${size} bytes and ${pageValues} values`);
    }
    if (kept !== undefined) dictionary = pageValues;
    else {
      const stored = Buffer.alloc(page.compressed_page_size);
      readUpTo(file, stored, at + reader.offset);
      const isBoolean = column.type === "BOOLEAN";
      const shape = { values: pageValues, levels, dictionary, isBoolean, where };
      if (first !== undefined) {
        checkContent(decompressed(column, stored, size, where), { ...shape, encoding: first.encoding });
      } else if (second !== undefined) checkSecond(stored, column, size, second, shape);
      counted += pageValues;
    }
    at = next;
  }
  if (counted !== values) parquetDefect(where, `${values} values`, String(counted));
}

/** How often a value may repeat, and how many of its parents may be absent: the largest levels of a column. */
interface Levels {
  readonly repetition: number;
  readonly definition: number;
}

interface PageShape {
  readonly values: number;
  readonly levels: Levels;
  /** Number of values in the dictionary. */
  readonly dictionary: number;
  readonly isBoolean: boolean;
  readonly where: string;
}

function levelsOf(metadata: FileMetaData, { path_in_schema }: ColumnMetadata, where: string): Levels {
  let node: SchemaTree = parquetSchema(metadata);
  let repetition = 0;
  let definition = 0;
  for (const name of path_in_schema) {
    node =
      node.children.find(({ element }) => element.name === name) ??
      parquetDefect(where, name, "no such column");
    if (node.element.repetition_type === "REPEATED") repetition++;
    if (node.element.repetition_type !== "REQUIRED") definition++;
  }
  return { repetition, definition };
}

function decompressed({ codec }: ColumnMetadata, stored: Buffer, size: number, where: string): Buffer {
  if (codec === "UNCOMPRESSED") return stored;
  const decompress = decompressors[codec];
  if (decompress === undefined) {
    fail("data", where, {
      expected: "pages that are plain, or compressed with snappy, gzip or brotli",
      got: codec,
      todo: "write the file again with snappy compression",
    });
  }
  const bytes = decompress(stored, size);
  if (bytes.length !== size) parquetDefect(where, `a page of ${size} bytes`, String(bytes.length));
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Pages of the first version have levels and values in one, each level's runs behind their length. */
function checkContent(page: Buffer, shape: PageShape & { readonly encoding: string }): void {
  const { levels, values, where } = shape;
  let at = 0;
  let present = values;
  for (const [name, largest] of Object.entries(levels)) {
    if (largest === 0) continue;
    const runs = prefixed(page, at, where);
    at += 4 + runs.length;
    const full = checkRuns(runs, widthOf(largest), values, largest, where);
    if (name === "definition") present = full;
  }
  checkValues(page.subarray(at), shape, present);
}

/** Pages of the second version have uncompressed levels before the values. */
function checkSecond(
  stored: Buffer,
  column: ColumnMetadata,
  size: number,
  header: NonNullable<ReturnType<typeof parquetHeader>["data_page_header_v2"]>,
  shape: PageShape,
): void {
  const { levels, values, where } = shape;
  const repetition = header.repetition_levels_byte_length;
  const definition = header.definition_levels_byte_length;
  const before = repetition + definition;
  if (!(repetition >= 0 && definition >= 0 && before <= stored.length && before <= size)) {
    parquetDefect(where, "levels within their page", `${repetition} and ${definition} bytes`);
  }
  if (levels.repetition > 0) {
    const runs = stored.subarray(0, repetition);
    checkRuns(runs, widthOf(levels.repetition), values, levels.repetition, where);
  }
  let present = values;
  if (levels.definition > 0) {
    const runs = stored.subarray(repetition, before);
    present = checkRuns(runs, widthOf(levels.definition), values, levels.definition, where);
  }
  if (present !== values - header.num_nulls) {
    parquetDefect(where, `${present} values`, String(values - header.num_nulls));
  }
  const rest = stored.subarray(before);
  const content = header.is_compressed === false ? rest : decompressed(column, rest, size - before, where);
  checkValues(content, { ...shape, encoding: header.encoding }, present);
}

function checkValues(
  bytes: Buffer,
  { encoding, dictionary, isBoolean, where }: PageShape & { readonly encoding: string },
  count: number,
): void {
  if (encoding === "RLE" && isBoolean) checkRuns(prefixed(bytes, 0, where), 1, count, 1, where);
  else if (encoding === "RLE_DICTIONARY" || encoding === "PLAIN_DICTIONARY") {
    if (count === 0) return;
    const width = bytes[0] ?? parquetDefect(where, "the width of indexes", "none");
    if (width > 32 || dictionary === 0) parquetDefect(where, "a dictionary", `indexes of ${width} bits`);
    if (width > 0) checkRuns(bytes.subarray(1), width, count, dictionary - 1, where);
  } else if (encoding === "RLE") parquetDefect(where, "an encoding of these values", encoding);
}

function prefixed(page: Buffer, at: number, where: string): Buffer {
  const length = at + 4 <= page.length ? page.readUInt32LE(at) : Number.POSITIVE_INFINITY;
  if (at + 4 + length > page.length) parquetDefect(where, "levels within their page", `${length} bytes`);
  return page.subarray(at + 4, at + 4 + length);
}

function widthOf(largest: number): number {
  return 32 - Math.clz32(largest);
}
