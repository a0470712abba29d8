import { fail } from "../core/index.ts";
import { type ArrowField, arrowFields } from "./arrow-schema.ts";
import type { OpenFile } from "./byte-source.ts";
import { type FlatTable, longAt, withFlatRoot } from "./flatbuffer.ts";

/**
 * Where everything lies in an Arrow IPC file ("Feather V2"; Arrow columnar format, section "IPC file format"): the
 * footer names the record batches, a batch's message names the buffers. No values are read.
 */

/** Bytes of the file. */
export interface Span {
  readonly start: number;
  readonly length: number;
}

/** One field's values in one batch. */
export interface ArrowColumn {
  readonly field: ArrowField;
  /** Number of values. */
  readonly length: number;
  readonly nulls: number;
  /** One bit a value, set where there is one; empty where all are there. */
  readonly validity: Span;
  /** Where values have different lengths. */
  readonly offsets: Span;
  readonly values: Span;
  readonly children: readonly ArrowColumn[];
}

/** Some rows. */
export interface ArrowBatch {
  readonly rows: number;
  readonly columns: readonly ArrowColumn[];
}

/** A whole file. Dictionaries may come in several parts, one after the other. */
export interface ArrowLayout {
  readonly fields: readonly ArrowField[];
  readonly batches: readonly ArrowBatch[];
  readonly dictionaries: ReadonlyMap<number, readonly ArrowColumn[]>;
}

const magic = "ARROW1";
const none: Span = { start: 0, length: 0 };
const maxMetadata = 2 ** 26;
const oldestVersion = 3; // V4: before, in Arrow 0.7 and older, buffers were described otherwise

function defect(where: string, expected: string, got: string): never {
  fail("data", where, { expected, got, todo: "the file is damaged or truncated; fetch or make it again" });
}

/** Reads footer and messages. @throws BifocalError "data" naming the file and what is wrong or unsupported. */
export async function arrowLayout(file: OpenFile): Promise<ArrowLayout> {
  const { path } = file;
  const footer = await readFooter(file);
  const { fields, batchBlocks, dictionaryBlocks } = withFlatRoot(footer, path, (root) => {
    if (root.short(0) < oldestVersion) defect(path, "a file of Arrow 0.8 or newer", "an older one");
    const schema = root.table(1) ?? defect(path, "a schema", "none");
    return {
      fields: arrowFields(schema, path),
      dictionaryBlocks: root.structs(2, 24).map(readBlock),
      batchBlocks: root.structs(3, 24).map(readBlock),
    };
  });
  const dictionaries = new Map<number, ArrowColumn[]>();
  const keptFields = dictionaryFields(fields);
  for (const [i, block] of dictionaryBlocks.entries()) {
    const where = `${path} dictionary ${i}`;
    const { id, column } = await withMessage(file, block, where, 2, (header, body) => {
      const id = header.long(0);
      const field = keptFields.get(id) ?? defect(where, "a column's dictionary", `number ${id}`);
      const data = header.table(1) ?? defect(where, "values", "none");
      return { id, column: readBatch(data, [field], body, where).columns[0]! };
    });
    dictionaries.set(id, [...(dictionaries.get(id) ?? []), column]);
  }
  const batches: ArrowBatch[] = [];
  for (const [i, block] of batchBlocks.entries()) {
    const where = `${path} batch ${i}`;
    batches.push(
      await withMessage(file, block, where, 3, (header, body) => readBatch(header, fields, body, where)),
    );
  }
  return { fields, batches, dictionaries };
}

async function readFooter(file: OpenFile): Promise<Buffer> {
  const { path, size } = file;
  const head = Buffer.alloc(8);
  const tail = Buffer.alloc(10);
  if (size < 8 + 10) defect(path, "an Arrow file", `${size} bytes`);
  await file.read(head, 0, path);
  await file.read(tail, size - 10, path);
  if (head.toString("latin1", 0, 6) !== magic) {
    const isStream = head.readInt32LE() === -1;
    fail("data", path, {
      expected: "an Arrow file",
      got: isStream ? "an Arrow stream" : "another kind of file",
      todo: isStream ? "write it as a file (pyarrow.ipc.new_file) or as Parquet" : "check the path",
    });
  }
  if (tail.toString("latin1", 4) !== magic) defect(path, `${magic} at the end`, "other bytes");
  const length = tail.readInt32LE();
  if (length < 4 || length > size - 18 || length > maxMetadata)
    defect(path, "a footer", `${length} bytes of it`);
  const footer = Buffer.alloc(length);
  await file.read(footer, size - 10 - length, path);
  return footer;
}

interface Block {
  readonly start: number;
  readonly metadata: number;
  readonly body: number;
}

function readBlock(bytes: Buffer): Block {
  return { start: longAt(bytes, 0), metadata: bytes.readInt32LE(8), body: longAt(bytes, 16) };
}

/** Gives the header of a message to `use`, `type` as in Message.fbs: 2 dictionary batch, 3 record batch. */
async function withMessage<T>(
  file: OpenFile,
  { start, metadata, body }: Block,
  where: string,
  type: number,
  use: (header: FlatTable, body: Span) => T,
): Promise<T> {
  const end = start + metadata + body;
  if (start < 0 || metadata < 12 || metadata > maxMetadata || body < 0 || !(end <= file.size)) {
    defect(where, "a batch within the file", `its end at byte ${end} of ${file.size}`);
  }
  const bytes = Buffer.alloc(metadata);
  await file.read(bytes, start, where);
  // Since Arrow 0.15 a marker of four bytes stands before the length.
  const root = bytes.subarray(bytes.readInt32LE() === -1 ? 8 : 4);
  return withFlatRoot(root, where, (message) => {
    const header = message.byte(1) === type ? message.table(2) : undefined;
    if (header === undefined) return defect(where, "a batch", `message of type ${message.byte(1)}`);
    return use(header, { start: start + metadata, length: body });
  });
}

function readBatch(batch: FlatTable, fields: readonly ArrowField[], body: Span, where: string): ArrowBatch {
  if (batch.table(3) !== undefined) {
    fail("data", where, {
      expected: "uncompressed buffers",
      got: "compressed ones, of which no single row can be read",
      todo: 'write the file again with compression="uncompressed"',
    });
  }
  const nodes = batch.structs(1, 16);
  const buffers = batch.structs(2, 16);
  let node = 0;
  let buffer = 0;
  const span = (): Span => {
    const bytes = buffers[buffer++] ?? defect(where, "a buffer for every column", `${buffers.length}`);
    const start = longAt(bytes, 0);
    const length = longAt(bytes, 8);
    if (start < 0 || length < 0 || !(start + length <= body.length)) {
      defect(where, `buffers within ${body.length} bytes`, `one to ${start + length}`);
    }
    return { start: body.start + start, length };
  };
  const column = (field: ArrowField): ArrowColumn => {
    const bytes = nodes[node++] ?? defect(where, "a length for every column", `${nodes.length}`);
    const length = longAt(bytes, 0);
    const nulls = longAt(bytes, 8);
    if (length < 0 || nulls < 0 || nulls > length)
      defect(where, "a length", `${length}, ${nulls} of it null`);
    const { kind } = field.dictionary?.index ?? field.type;
    const validity = kind === "null" ? none : span();
    const offsets = kind === "binary" || kind === "text" || kind === "list" ? span() : none;
    const isNested = ["null", "struct", "list", "fixed-list"].includes(kind);
    const values = isNested ? none : span();
    const children = field.dictionary === undefined ? field.children.map(column) : [];
    return { field, length, nulls, validity, offsets, values, children };
  };
  const rows = batch.long(0);
  const columns = fields.map(column);
  const other = columns.find(({ length }) => length !== rows);
  if (other !== undefined && rows !== other.length) {
    defect(`${where} column ${other.field.name}`, `${rows} values`, String(other.length));
  }
  return { rows, columns };
}

/** What each dictionary holds: the field without its encoding. */
function dictionaryFields(fields: readonly ArrowField[]): Map<number, ArrowField> {
  const found = new Map<number, ArrowField>();
  const visit = ({ name, type, children, dictionary }: ArrowField) => {
    if (dictionary !== undefined) found.set(dictionary.id, { name, type, children });
    children.forEach(visit);
  };
  fields.forEach(visit);
  return found;
}
