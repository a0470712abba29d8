import type { FileHandle } from "node:fs/promises";
import type { SchemaElement } from "hyparquet";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { writeAll } from "./atomic.ts";

/** Kinds of columns: a picture as bytes and name, as Hugging Face's `datasets` keeps it; one text; several; any JSON. */
export type ParquetColumnKind = "picture" | "text" | "texts" | "json";

/** What a cell of each kind holds; undefined where there is none. */
export type ParquetRow = Readonly<
  Record<
    string,
    string | readonly string[] | { readonly bytes: Uint8Array; readonly path: string } | undefined
  >
>;

/** A file being written, one row group after the other. */
export interface ParquetOutput {
  /** Rows of one group: all of it is in memory. */
  writeGroup(rows: readonly ParquetRow[]): Promise<void>;
  finish(): Promise<void>;
}

/**
 * Writes to `file` from its beginning. The same rows give the same bytes. Pictures are stored as they are, texts with
 * snappy; pages are indexed, so that rows can be read by themselves. JSON cells are given as JSON text.
 */
export function parquetOutput(
  file: FileHandle,
  columns: Readonly<Record<string, ParquetColumnKind>>,
): ParquetOutput {
  const bytes = new ByteWriter();
  const flush = async () => {
    await writeAll(file, bytes.getBytes());
    bytes.index = 0;
  };
  const names = Object.keys(columns);
  const writer = new ParquetWriter({
    writer: Object.assign(bytes, { flush }),
    schema: [
      { name: "root", num_children: names.length },
      ...names.flatMap((name) => columnSchema(name, columns[name]!)),
    ],
    createdBy: "bifocal",
    kvMetadata: [{ key: "huggingface", value: JSON.stringify(features(columns)) }],
  });
  return {
    writeGroup: async (rows) => {
      const columnData = names.map((name) => ({
        name,
        data: rows.map((row) => row[name]),
        ...(columns[name] === "picture"
          ? { codec: "UNCOMPRESSED" as const, encoding: "PLAIN" as const, statistics: false }
          : {}),
      }));
      await writer.write({ columnData, rowGroupSize: rows.length });
    },
    finish: async () => {
      await writer.finish();
      await flush();
    },
  };
}

function columnSchema(name: string, kind: ParquetColumnKind): SchemaElement[] {
  const text = { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } } as const;
  switch (kind) {
    case "picture":
      return [
        { name, repetition_type: "OPTIONAL", num_children: 2 },
        { name: "bytes", type: "BYTE_ARRAY", repetition_type: "OPTIONAL" },
        { name: "path", repetition_type: "OPTIONAL", ...text },
      ];
    case "texts":
      return [
        {
          name,
          repetition_type: "OPTIONAL",
          num_children: 1,
          converted_type: "LIST",
          logical_type: { type: "LIST" },
        },
        { name: "list", repetition_type: "REPEATED", num_children: 1 },
        { name: "element", repetition_type: "OPTIONAL", ...text },
      ];
    default:
      return [{ name, repetition_type: "OPTIONAL", ...text }];
  }
}

/** The types as `datasets` reads them from a file's metadata; without, pictures would come as structs. */
function features(columns: Readonly<Record<string, ParquetColumnKind>>) {
  const text = { dtype: "string", _type: "Value" };
  const kinds = {
    picture: { _type: "Image" },
    text,
    texts: { feature: text, _type: "Sequence" },
    json: text,
  };
  const entries = Object.entries(columns).map(([name, kind]) => [name, kinds[kind]]);
  return { info: { features: Object.fromEntries(entries) } };
}
