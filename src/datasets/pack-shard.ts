import type { FileHandle } from "node:fs/promises";
import { writeAll } from "../files/atomic.ts";
import type { ParquetColumnKind, ParquetRow } from "../files/write-parquet.ts";
import { parquetOutput } from "../files/write-parquet.ts";
import { tarEnd, tarEntry } from "../files/write-tar.ts";
import type { ExampleOf } from "./examples.ts";
import { type PictureForm, packLayouts } from "./pack-layout.ts";

/** Writing packed examples into one shard of each format. */

/** An example with its pictures' bytes. */
export interface PackedSample {
  readonly key: string;
  readonly pictures: readonly {
    readonly id: string;
    readonly bytes: Uint8Array;
    readonly extension: string;
  }[];
  readonly example: ExampleOf[PictureForm];
}

/** A shard being written. */
export interface ShardWriter {
  write(sample: PackedSample): Promise<void>;
  finish(): Promise<void>;
}

interface ShardFormat {
  readonly extension: string;
  open(file: FileHandle, form: PictureForm): ShardWriter;
}

/** The formats there are. */
export const shardWriters = {
  webdataset: { extension: "tar", open: tarWriter },
  parquet: { extension: "parquet", open: parquetWriter },
} satisfies Record<string, ShardFormat>;

/**
 * KEY.jpg (or png, webp, gif; KEY.0.jpg and KEY.1.jpg where there are two), KEY.json with the picture's name as
 * "image" and every field, and what other WebDataset readers look for: KEY.txt for a single caption, KEY.cls.
 */
function tarWriter(file: FileHandle, form: PictureForm): ShardWriter {
  const { fields } = packLayouts[form];
  return {
    write: async ({ key, pictures, example }) => {
      const ids = pictures.map(({ id }) => id);
      const named = ids.length === 1 ? { image: ids[0] } : { images: ids };
      const record = { ...named, ...pick(example, Object.keys(fields)) };
      const parts = pictures.map(({ bytes, extension }, i): [string, Uint8Array] => [
        ids.length === 1 ? extension : `${i}.${extension}`,
        bytes,
      ]);
      parts.push(["json", Buffer.from(JSON.stringify(record))]);
      if (form === "captions" && "captions" in example && example.captions.length === 1) {
        parts.push(["txt", Buffer.from(example.captions[0]!)]);
      }
      if ("class" in example) parts.push(["cls", Buffer.from(String(example.class))]);
      const chunks = parts.flatMap(([extension, bytes]) => tarEntry(`${key}.${extension}`, bytes));
      await writeAll(file, Buffer.concat(chunks));
    },
    finish: () => writeAll(file, tarEnd),
  };
}

/** A row group is written when its pictures have so many bytes, or it has so many rows. */
const groupBytes = 2 ** 25;
const groupRows = 1024;

/** Columns image ({bytes, path}; image_0, image_1 where there are two), image_id (or a list), then the fields. */
function parquetWriter(file: FileHandle, form: PictureForm): ShardWriter {
  const { pictures: names, fields } = packLayouts[form];
  const pictureColumns = names.map((name): [string, ParquetColumnKind] => [name, "picture"]);
  const single = names.length === 1;
  const output = parquetOutput(file, {
    ...Object.fromEntries(pictureColumns),
    image_id: single ? "text" : "texts",
    ...fields,
  });
  let rows: ParquetRow[] = [];
  let bytes = 0;
  const flush = async () => {
    if (rows.length > 0) await output.writeGroup(rows);
    rows = [];
    bytes = 0;
  };
  return {
    write: async ({ pictures, example }) => {
      const cells = Object.entries(pick(example, Object.keys(fields))).map(([name, value]) => {
        const isJson = fields[name as keyof typeof fields] === "json" && value !== undefined;
        return [name, isJson ? JSON.stringify(value) : value] as const;
      });
      const images = pictures.map(
        ({ id, bytes: data }, i) => [names[i]!, { bytes: data, path: id }] as const,
      );
      const ids = pictures.map(({ id }) => id);
      const named = Object.fromEntries([...images, ...cells]) as ParquetRow;
      rows.push({ ...named, image_id: single ? ids[0] : ids });
      bytes += pictures.reduce((sum, { bytes: data }) => sum + data.length, 0);
      if (bytes >= groupBytes || rows.length >= groupRows) await flush();
    },
    finish: async () => {
      await flush();
      await output.finish();
    },
  };
}

function pick(example: object, names: readonly string[]): Record<string, unknown> {
  const members = example as Readonly<Record<string, unknown>>;
  return Object.fromEntries(names.map((name) => [name, members[name]]));
}
