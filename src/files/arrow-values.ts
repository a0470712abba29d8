import { fail } from "../core/index.ts";
import type { ArrowColumn, ArrowLayout, Span } from "./arrow-layout.ts";
import { type ByteSource, readUpTo } from "./byte-source.ts";
import type { Cell } from "./cell.ts";
import { utf8 } from "./file-ranges.ts";

/** Values of an Arrow column, read from the file by position: only the bytes of the rows asked for. */

/** Where values come from. */
export interface ArrowReading {
  readonly source: ByteSource;
  readonly dictionaries: ArrowLayout["dictionaries"];
}

/** More in one row than any picture's texts, few enough to hold in memory. */
const maxValues = 2 ** 20;
/** A call into the thread pool costs more than reading so little at once. */
const maxAtOnce = 16_384;
/** Schemas are 32 deep; dictionaries that name each other would go on for ever. */
const maxDepth = 64;

function defect(where: string, expected: string, got: string): never {
  fail("data", where, { expected, got, todo: "the file is damaged or truncated; fetch or make it again" });
}

/** The values `from` to `to` of a column. @throws BifocalError "data" at `where` for damage and unsupported types. */
export async function arrowValues(
  reading: ArrowReading,
  column: ArrowColumn,
  from: number,
  to: number,
  where: string,
  depth = 0,
): Promise<Cell[]> {
  const count = to - from;
  if (from < 0 || count < 0 || to > column.length)
    defect(where, `values up to ${column.length}`, `${from} to ${to}`);
  if (count > maxValues) defect(where, `at most ${maxValues} values in a row`, String(count));
  if (depth > maxDepth) defect(where, `values at most ${maxDepth} deep`, "deeper ones");
  if (count === 0) return [];
  const present = await presence(reading, column, from, to, where);
  const part = (child: ArrowColumn, childFrom: number, childTo: number) =>
    arrowValues(reading, child, childFrom, childTo, where, depth + 1);
  const { field, values } = column;
  const type = field.dictionary?.index ?? field.type;
  const fixed = (size: number) => bytesAt(reading.source, values, from * size, count * size, where);
  const made = (value: (i: number) => Cell) =>
    Array.from({ length: count }, (_, i) => (present(i) ? value(i) : null));

  if (field.dictionary !== undefined) {
    const indexes = numbers(await fixed(widthOf(type)), type, present, where);
    return lookUp(reading.dictionaries.get(field.dictionary.id) ?? [], indexes, part, where);
  }
  switch (type.kind) {
    case "null":
      return made(() => null);
    case "bool": {
      const bits = await bitsAt(reading.source, values, from, to, where);
      return made(bits);
    }
    case "int":
    case "float":
      return numbers(await fixed(widthOf(type)), type, present, where);
    case "fixed-binary": {
      const bytes = await fixed(type.size);
      return made((i) => bytes.subarray(i * type.size, (i + 1) * type.size));
    }
    case "fixed-list": {
      const items = await part(column.children[0]!, from * type.size, to * type.size);
      return made((i) => items.slice(i * type.size, (i + 1) * type.size));
    }
    case "struct": {
      const parts: [string, Cell[]][] = [];
      for (const child of column.children) parts.push([child.field.name, await part(child, from, to)]);
      return made((i) => Object.fromEntries(parts.map(([name, items]) => [name, items[i]!])));
    }
    case "list": {
      const ends = await arrowOffsets(reading, column, from, to, where);
      const first = ends[0]!;
      const items = await part(column.children[0]!, first, ends[count]!);
      return made((i) => items.slice(ends[i]! - first, ends[i + 1]! - first));
    }
    case "binary":
    case "text": {
      const ends = await arrowOffsets(reading, column, from, to, where);
      const first = ends[0]!;
      const bytes = await bytesAt(reading.source, values, first, ends[count]! - first, where);
      const isText = type.kind === "text";
      return made((i) => {
        const value = bytes.subarray(ends[i]! - first, ends[i + 1]! - first);
        return isText ? utf8(value, where) : value;
      });
    }
    case "other":
      return fail("data", where, { expected: "numbers, text, binary, lists or structs", got: type.name });
  }
}

/** Where the values `from` to `to` of a list, text or binary column begin, and where the last ends. */
export async function arrowOffsets(
  reading: ArrowReading,
  column: ArrowColumn,
  from: number,
  to: number,
  where: string,
): Promise<Float64Array> {
  const { type } = column.field;
  const width = "offsetBytes" in type ? type.offsetBytes : defect(where, "a list", type.kind);
  const bytes = await bytesAt(reading.source, column.offsets, from * width, (to - from + 1) * width, where);
  const ends = new Float64Array(to - from + 1);
  let before = 0;
  for (let i = 0; i < ends.length; i++) {
    const end = width === 4 ? bytes.readInt32LE(i * 4) : Number(bytes.readBigInt64LE(i * 8));
    if (end < before) defect(where, "offsets that grow", `${before}, then ${end}`);
    ends[i] = end;
    before = end;
  }
  return ends;
}

/** Says of the values `from` to `to`, counted from `from`, whether they are there. */
export async function presence(
  { source }: ArrowReading,
  column: ArrowColumn,
  from: number,
  to: number,
  where: string,
): Promise<(i: number) => boolean> {
  if (column.nulls === 0 || column.field.type.kind === "null") return () => true;
  return bitsAt(source, column.validity, from, to, where);
}

async function bitsAt(source: ByteSource, span: Span, from: number, to: number, where: string) {
  const first = Math.floor(from / 8);
  const bits = await bytesAt(source, span, first, Math.ceil(to / 8) - first, where);
  return (i: number) => ((bits[Math.floor((from + i) / 8) - first]! >> ((from + i) % 8)) & 1) === 1;
}

async function bytesAt(source: ByteSource, span: Span, from: number, length: number, where: string) {
  if (from + length > span.length)
    defect(where, `values within ${span.length} bytes`, `an end at ${from + length}`);
  const bytes = Buffer.alloc(length);
  const atOnce = length <= maxAtOnce ? readUpTo(source, bytes, span.start + from) : 0;
  if (atOnce < length) await source.read(bytes, span.start + from, where);
  return bytes;
}

function widthOf(type: ArrowColumn["field"]["type"]): number {
  return type.kind === "int" || type.kind === "float" ? type.bytes : 0;
}

function numbers(
  bytes: Buffer,
  type: ArrowColumn["field"]["type"],
  present: (i: number) => boolean,
  where: string,
): (number | null)[] {
  const width = widthOf(type);
  const read = (at: number): number => {
    if (type.kind === "float") return width === 4 ? bytes.readFloatLE(at) : bytes.readDoubleLE(at);
    const signed = type.kind === "int" && type.signed;
    if (width < 8) return signed ? bytes.readIntLE(at, width) : bytes.readUIntLE(at, width);
    const value = Number(signed ? bytes.readBigInt64LE(at) : bytes.readBigUInt64LE(at));
    if (!Number.isSafeInteger(value)) defect(where, "an integer of at most 53 bits", String(value));
    return value;
  };
  return Array.from({ length: bytes.length / width }, (_, i) => (present(i) ? read(i * width) : null));
}

/** Values by their index in a dictionary of several parts. */
async function lookUp(
  parts: readonly ArrowColumn[],
  indexes: readonly (number | null)[],
  read: (part: ArrowColumn, from: number, to: number) => Promise<Cell[]>,
  where: string,
): Promise<Cell[]> {
  const found = new Map<number, Cell>();
  for (const index of indexes) {
    if (index === null || found.has(index)) continue;
    let local = index;
    let number = 0;
    while (number < parts.length && local >= parts[number]!.length) local -= parts[number++]!.length;
    const part = parts[number] ?? defect(where, "values in the dictionary", `number ${index}`);
    const [value = null] = await read(part, local, local + 1);
    found.set(index, value);
  }
  return indexes.map((index) => (index === null ? null : found.get(index)!));
}
