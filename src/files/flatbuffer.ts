import { BifocalError, fail } from "../core/index.ts";

/**
 * Reading FlatBuffers (flatbuffers.dev, "internals"), the encoding of Arrow's metadata: tables with optional numbered
 * fields, vectors of tables or of fixed structs, strings. Every position is checked before it is followed.
 */

/** A table; fields are numbered in the order of its schema, absent ones give the default. */
export interface FlatTable {
  byte(field: number, absent?: number): number;
  short(field: number, absent?: number): number;
  int(field: number, absent?: number): number;
  long(field: number, absent?: number): number;
  table(field: number): FlatTable | undefined;
  text(field: number): string | undefined;
  /** One at a time: damaged bytes may name very many. */
  tables(field: number): Iterable<FlatTable>;
  /** Fixed structs of `size` bytes each, as views. */
  structs(field: number, size: number): Buffer[];
}

/**
 * Gives the root table to `use`. Tables are to be read only there.
 * @throws BifocalError "data" at `where` when a position lies outside of the bytes.
 */
export function withFlatRoot<T>(bytes: Buffer, where: string, use: (root: FlatTable) => T): T {
  try {
    return use(tableAt(bytes, bytes.readUInt32LE(0)));
  } catch (error) {
    if (error instanceof BifocalError || !(error instanceof RangeError)) throw error;
    return fail("data", where, { expected: "Arrow's metadata", got: "damaged bytes" });
  }
}

/** A 64-bit length or position. @throws RangeError beyond what a number holds exactly. */
export function longAt(bytes: Buffer, at: number): number {
  const value = Number(bytes.readBigInt64LE(at));
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no length`);
  return value;
}

function tableAt(bytes: Buffer, at: number): FlatTable {
  const fields = at - bytes.readInt32LE(at);
  const fieldBytes = bytes.readUInt16LE(fields);
  const place = (field: number) => {
    const slot = 4 + 2 * field;
    const offset = slot + 2 <= fieldBytes ? bytes.readUInt16LE(fields + slot) : 0;
    return offset === 0 ? undefined : at + offset;
  };
  const scalar = (read: (at: number) => number) => {
    return (field: number, absent = 0) => {
      const position = place(field);
      return position === undefined ? absent : read(position);
    };
  };
  const follow = (position: number) => position + bytes.readUInt32LE(position);
  function* vector(field: number, size: number): Generator<number, void> {
    const position = place(field);
    if (position === undefined) return;
    const start = follow(position);
    const count = bytes.readUInt32LE(start);
    if (start + 4 + count * size > bytes.length) throw new RangeError("a vector beyond the end");
    for (let i = 0; i < count; i++) yield start + 4 + i * size;
  }
  function* tables(field: number): Generator<FlatTable, void> {
    for (const position of vector(field, 4)) yield tableAt(bytes, follow(position));
  }
  return {
    byte: scalar((position) => bytes.readUInt8(position)),
    short: scalar((position) => bytes.readInt16LE(position)),
    int: scalar((position) => bytes.readInt32LE(position)),
    long: scalar((position) => longAt(bytes, position)),
    table: (field) => {
      const position = place(field);
      return position === undefined ? undefined : tableAt(bytes, follow(position));
    },
    text: (field) => {
      const position = place(field);
      if (position === undefined) return undefined;
      const start = follow(position);
      const length = bytes.readUInt32LE(start);
      if (start + 4 + length > bytes.length) throw new RangeError("a string beyond the end");
      return bytes.toString("utf8", start + 4, start + 4 + length);
    },
    tables,
    structs: (field, size) =>
      Array.from(vector(field, size), (position) => bytes.subarray(position, position + size)),
  };
}
