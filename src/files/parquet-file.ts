import {
  type AsyncBuffer,
  type DecodedArray,
  type FileMetaData,
  parquetMetadataAsync,
  parquetScan,
  parquetSchema,
} from "hyparquet";
import { BifocalError, fail, nearest } from "../core/index.ts";
import { type OpenFile, withDataFile } from "./byte-source.ts";
import type { Cell } from "./cell.ts";
import { utf8 } from "./file-ranges.ts";
import { checkPages, decompressors, largestGroup } from "./parquet-pages.ts";
import { parquetDefect } from "./parquet-runs.ts";
import { recentlyUsed } from "./recently-used.ts";

/**
 * A Parquet file row by row. Columns are compressed in pages and row groups: reading one row decodes its page where
 * the file has an index of pages, else its whole group; the groups used last are kept. In order that is quick; for
 * random access to large groups without an index pack the data first.
 */
export interface ParquetFile {
  readonly path: string;
  readonly rows: number;
  readonly columns: readonly string[];
  /** @throws BifocalError "data" naming file, row and column where the bytes are damaged or not supported. */
  row<Name extends string>(index: number, columns: readonly Name[]): Promise<Record<Name, Cell>>;
}

const kind = "a Parquet file";
/** Groups whose column is larger are read a page at a time, where the file says where pages begin. */
const wholeGroupBytes = 2 ** 24;
/** Decoded groups, of all files together: each file's last group would be too much where there are many files. */
const groups = recentlyUsed<DecodedArray>(2 ** 27);
let filesOpened = 0;

interface Group {
  readonly start: number;
  readonly end: number;
  /** Columns that have been looked through. */
  readonly checked: Map<string, Promise<void>>;
}

/** Reads a Parquet file's footer. @throws BifocalError "data" when it is damaged or not supported. */
export async function openParquet(path: string): Promise<ParquetFile> {
  const { file, bytes } = await openBuffer(path);
  filesOpened++;
  const opened = filesOpened; // a path may have other contents when it is opened again
  const { metadata, ranges, columns } = await guarded(path, async () => {
    const metadata = await parquetMetadataAsync(file);
    return { metadata, ranges: groupsOf(metadata, path), columns: columnsOf(metadata) };
  });
  const rows = ranges.at(-1)?.end ?? 0;
  if (rows !== Number(metadata.num_rows)) parquetDefect(path, `${metadata.num_rows} rows`, String(rows));

  const decode = (column: string, rowStart: number, rowEnd: number, where: string) =>
    guarded(where, async () => {
      const scan = await parquetScan({
        file,
        metadata,
        columns: [column],
        utf8: false,
        compressors: decompressors,
        parsers: { stringFromBytes },
      });
      const values = await scan.readColumn({ column, rowStart, rowEnd });
      if (values.length === rowEnd - rowStart) return values;
      return parquetDefect(where, `${rowEnd - rowStart} values`, String(values.length));
    });
  const read = (index: number, column: string): Promise<Cell> => {
    const where = `${path} row ${index} column ${column}`;
    return guarded(where, async () => {
      const number = ranges.findIndex(({ end }) => index < end);
      const { start, end, checked } = ranges[number]!;
      const check = checked.get(column) ?? checkGroup(path, bytes, metadata, number, column);
      checked.set(column, check);
      await check;
      const { size, isPaged } = sizeOfColumn(metadata, number, column);
      if (isPaged) return asCell((await decode(column, index, index + 1, where))[0], where);
      const values = await groups.get(`${opened} ${number} ${column}`, size, () =>
        decode(column, start, end, `${path} row group ${number} column ${column}`),
      );
      return asCell(values[index - start], where);
    });
  };
  // One after the other: each read may hold a whole row group.
  let turn: Promise<unknown> = Promise.resolve();
  return {
    path,
    rows,
    columns,
    row: async (index, wanted) => {
      for (const name of wanted) if (!columns.includes(name)) missing(path, name, columns);
      if (!(Number.isInteger(index) && index >= 0 && index < rows)) {
        fail("usage", path, { expected: `a row in [0, ${rows})`, got: String(index) });
      }
      const result = turn.then(async () => {
        const cells: [string, Cell][] = [];
        for (const name of wanted) cells.push([name, await read(index, name)]);
        return Object.fromEntries(cells) as Record<(typeof wanted)[number], Cell>;
      });
      turn = result.catch(() => undefined);
      return result;
    },
  };
}

function missing(path: string, name: string, columns: readonly string[]): never {
  const close = nearest(name, columns);
  const todo = close === undefined ? {} : { todo: `did you mean ${close}?` };
  return fail("data", path, { expected: `a column ${name}`, got: columns.join(", "), ...todo });
}

async function openBuffer(path: string): Promise<{ file: AsyncBuffer; bytes: number }> {
  const bytes = await withDataFile(path, kind, ({ size }) => size);
  if (bytes === 0) parquetDefect(path, kind, "an empty file");
  const slice = (start: number, end = bytes) =>
    withDataFile(path, kind, async (file: OpenFile) => {
      if (!(start >= 0 && end >= start && end <= bytes && file.size === bytes)) {
        parquetDefect(path, `parts within ${bytes} bytes`, `${start} to ${end}`);
      }
      const target = new Uint8Array(end - start);
      await file.read(target, start, path);
      return target.buffer;
    });
  return { file: { byteLength: bytes, slice }, bytes };
}

function groupsOf(metadata: FileMetaData, path: string): Group[] {
  const ranges: Group[] = [];
  let start = 0;
  for (const { num_rows } of metadata.row_groups) {
    const count = Number(num_rows);
    if (!(count >= 0 && count <= largestGroup)) {
      parquetDefect(path, `row groups of at most ${largestGroup} rows`, String(num_rows));
    }
    const end = start + count;
    ranges.push({ start, end, checked: new Map() });
    start = end;
  }
  return ranges;
}

function columnsOf(metadata: FileMetaData): string[] {
  return parquetSchema(metadata).children.map(({ element }) => element.name);
}

function chunksOfColumn(metadata: FileMetaData, group: number, column: string) {
  const { columns = [] } = metadata.row_groups[group] ?? {};
  return columns.filter(({ meta_data }) => meta_data?.path_in_schema[0] === column);
}

function checkGroup(path: string, bytes: number, metadata: FileMetaData, group: number, column: string) {
  return withDataFile(path, kind, async (file) => {
    for (const { meta_data } of chunksOfColumn(metadata, group, column)) {
      const where = `${path} row group ${group} column ${column}`;
      if (meta_data === undefined || file.size !== bytes) return parquetDefect(where, "metadata", "none");
      await guarded(where, async () => checkPages(file, metadata, meta_data, where));
    }
  });
}

/** What a column of a group takes decoded, and whether a page of it can be read by itself. */
function sizeOfColumn(metadata: FileMetaData, group: number, column: string) {
  let size = 0;
  let withoutIndex = 0;
  for (const { meta_data, offset_index_offset } of chunksOfColumn(metadata, group, column)) {
    const bytes = Number(meta_data?.total_uncompressed_size);
    size += bytes;
    if (offset_index_offset === undefined) withoutIndex += bytes;
  }
  return { size, isPaged: size > wholeGroupBytes && withoutIndex <= wholeGroupBytes };
}

function asCell(value: unknown, where: string): Cell {
  if (value === undefined || value === null) return null;
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  if (typeof value === "bigint") {
    const exact = Number(value);
    if (!Number.isSafeInteger(exact)) {
      parquetDefect(where, "an integer of at most 53 bits", String(value));
    }
    return exact;
  }
  if (value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map((item) => asCell(item, where));
  if (typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, asCell(item, where)]));
  }
  return fail("data", where, {
    expected: "numbers, text, binary, lists or structs",
    got: value instanceof Date ? "a date" : typeof value,
  });
}

/** The bytes' place in the file is not known here; the error is given one further up. */
function stringFromBytes(bytes: Uint8Array | undefined): string | undefined {
  return bytes && utf8(bytes, "a text column");
}

/** The reader's own errors as ours: whatever it stumbles over, the file is damaged or of a kind it cannot read. */
async function guarded<T>(where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BifocalError) throw error;
    return fail("data", where, {
      expected: "a whole Parquet file with plain, snappy, gzip or brotli pages",
      got: error instanceof Error ? error.message : String(error),
      todo: "fetch it again, or write it again with snappy compression",
    });
  }
}
