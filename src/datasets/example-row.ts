import { fail } from "../core/index.ts";
import type { Cell } from "../files/cell.ts";
import type { StoredImage } from "./examples.ts";
import { type Fields, fieldsOf } from "./fields.ts";

/** Rows of tables of any kind, and the pictures in the cells of Arrow and Parquet files. */

/** A row's values, by column. */
export interface ExampleRow extends Fields {
  names(): readonly string[];
  value(name: string): unknown;
  /** A list of texts, or one text as a list of it. */
  texts(name: string): readonly string[];
}

/** The values of a record. @throws BifocalError "data" for what is no record, and from its methods as `Fields`. */
export function exampleRow(value: unknown, where: string): ExampleRow {
  const fields = fieldsOf(value, where);
  const members = value as Readonly<Record<string, unknown>>;
  const member = (name: string) => (Object.hasOwn(members, name) ? members[name] : undefined);
  return {
    ...fields,
    names: () => Object.keys(members),
    value: member,
    texts: (name) => {
      const texts = member(name);
      if (typeof texts === "string") return [texts];
      if (Array.isArray(texts) && texts.every((text) => typeof text === "string")) return texts;
      return fail("data", where, {
        expected: `"${name}" as text or a list of texts`,
        got: texts === undefined || texts === null ? "none" : typeof texts,
      });
    },
  };
}

/** A picture that `read` gets from a cell. */
export function cellImage(id: string, where: string, read: () => Promise<Cell>): StoredImage {
  return { id, where, read: async () => pictureBytes(await read(), where) };
}

/** Bytes as they are, or the struct {bytes, path} of Hugging Face's `datasets`. */
function pictureBytes(cell: Cell, where: string): Uint8Array {
  const bytes = isStruct(cell) ? (cell.bytes ?? null) : cell;
  if (bytes instanceof Uint8Array && bytes.length > 0) return bytes;
  return fail("data", where, {
    expected: "a picture's bytes",
    got: bytes === null ? "none" : bytes instanceof Uint8Array ? "an empty value" : typeof bytes,
    ...(isStruct(cell) && cell.path ? { todo: "the file has paths only; embed the pictures" } : {}),
  });
}

function isStruct(cell: Cell): cell is { readonly [name: string]: Cell } {
  return typeof cell === "object" && cell !== null && !Array.isArray(cell) && !(cell instanceof Uint8Array);
}
