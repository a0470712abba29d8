import { fail } from "../core/index.ts";
import type { FlatTable } from "./flatbuffer.ts";

/** Columns of an Arrow file, from the tables of Schema.fbs (Arrow columnar format 1.5). */

/** How values lie in buffers. "other" types have one value of fixed size a row, and are counted but not read. */
export type ArrowType =
  | { readonly kind: "null" | "bool" | "struct" }
  | { readonly kind: "int"; readonly bytes: 1 | 2 | 4 | 8; readonly signed: boolean }
  | { readonly kind: "float"; readonly bytes: 4 | 8 }
  /** `offsetBytes` is 8 for Arrow's "large" types. */
  | { readonly kind: "binary" | "text" | "list"; readonly offsetBytes: 4 | 8 }
  | { readonly kind: "fixed-binary" | "fixed-list"; readonly size: number }
  | { readonly kind: "other"; readonly name: string };

/** A column, or a part of a nested one. */
export interface ArrowField {
  readonly name: string;
  readonly type: ArrowType;
  readonly children: readonly ArrowField[];
  /** Where values are kept once for many rows: the buffers then hold indexes of `index` type into them. */
  readonly dictionary?: { readonly id: number; readonly index: ArrowType };
}

const maxFields = 10_000;
const maxDepth = 32;

/** The fields of a Schema table. @throws BifocalError "data" for types and byte orders that are not supported. */
export function arrowFields(schema: FlatTable, where: string): ArrowField[] {
  if (schema.short(0) !== 0) unsupported(where, "little-endian values", "big-endian ones");
  let count = 0;
  const field = (table: FlatTable, depth: number): ArrowField => {
    if (++count > maxFields || depth > maxDepth) {
      unsupported(where, `at most ${maxFields} fields, ${maxDepth} deep`, "more");
    }
    const name = table.text(0) ?? "";
    const children = Array.from(table.tables(5), (child) => field(child, depth + 1));
    const type = arrowType(table, `${where} column ${name}`);
    checkChildren(type, children.length, `${where} column ${name}`);
    const encoding = table.table(4);
    if (encoding === undefined) return { name, type, children };
    const index = intType(encoding.table(1)) ?? { kind: "int", bytes: 4, signed: true };
    return { name, type, children, dictionary: { id: encoding.long(0), index } };
  };
  return Array.from(schema.tables(1), (table) => field(table, 0));
}

function unsupported(where: string, expected: string, got: string): never {
  fail("data", where, { expected, got, todo: "write the file again with plain types" });
}

function checkChildren(type: ArrowType, count: number, where: string): void {
  const { kind } = type;
  const right = kind === "struct" || (kind === "list" || kind === "fixed-list" ? count === 1 : count === 0);
  if (!right) fail("data", where, { expected: `the parts of a ${kind} column`, got: `${count}` });
}

/** Numbers of the union Type in Schema.fbs. */
const named: Readonly<Record<number, ArrowType>> = {
  1: { kind: "null" },
  4: { kind: "binary", offsetBytes: 4 },
  5: { kind: "text", offsetBytes: 4 },
  6: { kind: "bool" },
  7: { kind: "other", name: "decimal" },
  8: { kind: "other", name: "date" },
  9: { kind: "other", name: "time" },
  10: { kind: "other", name: "timestamp" },
  11: { kind: "other", name: "interval" },
  12: { kind: "list", offsetBytes: 4 },
  13: { kind: "struct" },
  17: { kind: "list", offsetBytes: 4 }, // a map is a list of (key, value)
  18: { kind: "other", name: "duration" },
  19: { kind: "binary", offsetBytes: 8 },
  20: { kind: "text", offsetBytes: 8 },
  21: { kind: "list", offsetBytes: 8 },
};

function arrowType(table: FlatTable, where: string): ArrowType {
  const number = table.byte(2);
  const details = table.table(3);
  const found = number === 2 ? intType(details) : number === 3 ? floatType(details) : named[number];
  if (found !== undefined) return found;
  const size = details?.int(0) ?? -1;
  if (number === 15 && size >= 0) return { kind: "fixed-binary", size };
  if (number === 16 && size >= 0) return { kind: "fixed-list", size };
  return unsupported(where, "numbers, text, binary, lists and structs", `Arrow's type ${number}`);
}

function intType(details: FlatTable | undefined): ArrowType | undefined {
  const bytes = (details?.int(0) ?? 0) / 8;
  if (bytes !== 1 && bytes !== 2 && bytes !== 4 && bytes !== 8) return undefined;
  return { kind: "int", bytes, signed: details?.byte(1) !== 0 };
}

function floatType(details: FlatTable | undefined): ArrowType {
  const precision = details?.short(0) ?? 0;
  return precision === 0
    ? { kind: "other", name: "half float" }
    : { kind: "float", bytes: precision === 1 ? 4 : 8 };
}
