import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { ioError } from "./io-error.ts";

/** A file that only grows, by whole records: written before `append` returns, so that a kill loses none of them. */
export interface AppendedFile {
  /** @throws BifocalError when the machine fails; no part of `record` then stays in the file. */
  append(record: Uint8Array): void;
  /** Undefined while the file is empty. */
  lastByte(): number | undefined;
  close(): void;
}

/** Opens a file for appending, creating it if need be. @throws BifocalError where that fails. */
export function openAppend(path: string): AppendedFile {
  const file = guarded(path, () => openSync(path, "a+"));
  return {
    append: (record) => {
      const before = fstatSync(file).size;
      guarded(path, () => {
        try {
          for (let done = 0; done < record.length; ) done += writeSync(file, record, done);
        } catch (error) {
          takeBack(file, before);
          throw error;
        }
      });
    },
    lastByte: () => {
      const last = Buffer.alloc(1);
      const { size } = fstatSync(file);
      return size === 0 || readSync(file, last, 0, 1, size - 1) === 0 ? undefined : last[0];
    },
    close: () => closeSync(file),
  };
}

function takeBack(file: number, size: number): void {
  try {
    ftruncateSync(file, size);
  } catch {
    // the failure that led here is the one to report
  }
}

function guarded<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw ioError(path, cause);
  }
}
