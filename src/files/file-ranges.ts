import { closeSync, openSync, readSync } from "node:fs";
import { open } from "node:fs/promises";
import { assert, fail } from "../core/index.ts";

/**
 * Parts of a text file that are read again when they are asked for, so that a file of gigabytes costs 16 bytes a part.
 * The file is opened anew for each: nothing stays open, and any thread may read.
 */

/** Largest part: what one record of a data set may take. */
export const largestRange = 2 ** 26;
const pageLength = 2 ** 14;
const chunkBytes = 2 ** 20;

/** Byte ranges of a file in order, each with the number that messages name it by. */
export interface FileRanges {
  readonly path: string;
  readonly size: number;
  add(start: number, length: number, place: number): void;
  place(index: number): number;
  start(index: number): number;
  /** The part as text, read at once. @throws BifocalError "data" when the file has changed or is not UTF-8. */
  text(index: number): string;
}

/** No ranges yet; they grow by pages, so that no array is ever copied. */
export function fileRanges(path: string): FileRanges {
  const pages: { starts: Float64Array; lengths: Uint32Array; places: Uint32Array }[] = [];
  let size = 0;
  const at = (index: number) => {
    assert(index >= 0 && index < size, `range ${index} of ${size} in ${path}`);
    return { page: pages[Math.floor(index / pageLength)]!, row: index % pageLength };
  };
  const start = (index: number) => {
    const { page, row } = at(index);
    return page.starts[row]!;
  };
  return {
    path,
    get size() {
      return size;
    },
    add: (from, length, place) => {
      const row = size % pageLength;
      if (row === 0) {
        const starts = new Float64Array(pageLength);
        pages.push({ starts, lengths: new Uint32Array(pageLength), places: new Uint32Array(pageLength) });
      }
      const page = pages.at(-1)!;
      page.starts[row] = from;
      page.lengths[row] = length;
      page.places[row] = place;
      size++;
    },
    place: (index) => {
      const { page, row } = at(index);
      return page.places[row]!;
    },
    start,
    text: (index) => {
      const { page, row } = at(index);
      return utf8(readPart(path, start(index), page.lengths[row]!), `${path} byte ${start(index)}`);
    },
  };
}

function readPart(path: string, start: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let got = 0;
  try {
    // Local reads of kilobytes take less time than handing them to another thread.
    const file = openSync(path, "r");
    try {
      got = length === 0 ? 0 : readSync(file, bytes, 0, length, start);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    fail("data", path, { expected: "the file that was opened before", got: (cause as Error).message });
  }
  if (got !== length) {
    fail("data", `${path} byte ${start}`, {
      expected: `${length} bytes`,
      got: `${got}`,
      todo: "the file was cut after it was opened; restore it and run again",
    });
  }
  return bytes;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The bytes as text. @throws BifocalError "data" for bytes that are no UTF-8, which would be replaced silently. */
export function utf8(bytes: Uint8Array, where: string): string {
  try {
    return decoder.decode(bytes);
  } catch {
    return fail("data", where, { expected: "text in UTF-8", got: "other bytes" });
  }
}

/** The bytes of a file in order, a megabyte at a time; a chunk is valid until the next. @throws BifocalError "data". */
export async function* chunksOf(path: string): AsyncGenerator<Buffer> {
  const file = await open(path, "r").catch((cause: Error) =>
    fail("data", path, { expected: "a file", got: cause.message, todo: "check the path" }),
  );
  try {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, chunkBytes, null);
      if (bytesRead === 0) return;
      yield chunk.subarray(0, bytesRead);
    }
  } catch (cause) {
    if (cause instanceof Error && "syscall" in cause) {
      fail("data", path, { expected: "a file that can be read", got: cause.message });
    }
    throw cause;
  } finally {
    await file.close();
  }
}
