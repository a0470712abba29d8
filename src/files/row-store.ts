import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ioError } from "./io-error.ts";

/**
 * Rows of numbers by the hash of what they were computed from, a file each. A file is written beside its place and
 * renamed, and carries the hash of its own contents: killed writers leave nothing that is read, several writers of one
 * row write the same, and a damaged row counts as absent.
 */
export interface RowStore {
  /** Bytes of all rows when they were last counted, and of what was written here since. */
  readonly bytes: number;
  /** f32 numbers of a row; undefined where there is none that is whole. */
  read(key: string): Promise<Float32Array | undefined>;
  /** Keeps a row, unless the store is full. @throws BifocalError when the machine fails. */
  write(key: string, row: Float32Array): Promise<void>;
}

const hashBytes = 32;
/** Share of the limit that may be written before others' rows are counted anew. */
const recount = 0.05;

/** Opens the store at `folder`, made when the first row is written; it grows to `limit` bytes. */
export async function openRowStore(folder: string, limit: number): Promise<RowStore> {
  let bytes = await bytesIn(folder);
  let since = 0;
  const pathOf = (key: string) => join(folder, key.slice(0, 2), key.slice(2));
  return {
    get bytes() {
      return bytes;
    },
    read: async (key) => {
      const file = await readFile(pathOf(key)).catch(absent);
      if (file === undefined || file.length < hashBytes || (file.length - hashBytes) % 4 !== 0)
        return undefined;
      const contents = file.subarray(0, -hashBytes);
      if (!hashOf(contents).equals(file.subarray(-hashBytes))) return undefined;
      return new Float32Array(
        contents.buffer.slice(contents.byteOffset, contents.byteOffset + contents.length),
      );
    },
    write: async (key, row) => {
      const contents = Buffer.from(row.buffer, row.byteOffset, row.byteLength);
      const size = contents.length + hashBytes;
      if (since > recount * limit) {
        since = 0;
        bytes = await bytesIn(folder);
      }
      if (bytes + size > limit) return;
      bytes += size;
      since += size;
      const path = pathOf(key);
      const temporary = `${path}.${randomUUID()}`;
      try {
        await mkdir(dirname(path), { recursive: true });
        await writeFile(temporary, Buffer.concat([contents, hashOf(contents)]));
        await rename(temporary, path);
      } catch (cause) {
        await rm(temporary, { force: true }).catch(() => undefined);
        throw ioError(path, cause);
      }
    },
  };
}

function hashOf(contents: Buffer): Buffer {
  return createHash("sha256").update(contents).digest();
}

/** All files below a folder, what killed writers left included. */
async function bytesIn(folder: string): Promise<number> {
  let total = 0;
  for (const entry of (await readdir(folder, { withFileTypes: true, recursive: true }).catch(absent)) ?? []) {
    if (!entry.isFile()) continue;
    // Another run may rename or remove it at this moment.
    total += (await stat(join(entry.parentPath, entry.name)).catch(absent))?.size ?? 0;
  }
  return total;
}

function absent(cause: NodeJS.ErrnoException): undefined {
  if (cause.code === "ENOENT") return undefined;
  throw ioError(cause.path ?? "the store of rows", cause);
}
