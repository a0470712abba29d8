import { randomUUID } from "node:crypto";
import { closeSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { ioError } from "./io-error.ts";

/** f32 rows of one length, more than memory holds, in a file of their own; it goes when it is closed. */
export interface RowFile {
  /** Puts rows that follow one another at row `first`. @throws BifocalError when the machine fails. */
  write(first: number, rows: Float32Array): void;
  /** Copies a row that was written into an array of its length. */
  read(row: number, into: Float32Array): void;
  close(): void;
}

/** Makes a file for rows of `width` numbers in the folder. @throws BifocalError when there can be none. */
export function openRowFile(folder: string, width: number): RowFile {
  const path = join(folder, `.rows-${randomUUID()}`);
  const guarded = <T>(use: () => T): T => {
    try {
      return use();
    } catch (cause) {
      throw ioError(path, cause);
    }
  };
  const file = guarded(() => openSync(path, "wx+"));
  // Where open files can lose their name, a killed process leaves nothing behind.
  if (process.platform !== "win32") guarded(() => rmSync(path));
  const each = width * Float32Array.BYTES_PER_ELEMENT;
  return {
    write: (first, rows) =>
      guarded(() => {
        const bytes = bytesOf(rows);
        for (let done = 0; done < bytes.length; )
          done += writeSync(file, bytes, done, bytes.length - done, first * each + done);
      }),
    read: (row, into) =>
      guarded(() => {
        const bytes = bytesOf(into);
        for (let done = 0; done < each; ) {
          const read = readSync(file, bytes, done, each - done, row * each + done);
          if (read === 0) throw new Error(`row ${row} was never written`);
          done += read;
        }
      }),
    close: () => {
      closeSync(file);
      rmSync(path, { force: true });
    },
  };
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
