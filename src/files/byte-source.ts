import { readSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { type ErrorCode, fail } from "../core/index.ts";

/** Bytes at positions: a file, a part of one, or memory. */

/** A known number of bytes that can be read from any position. */
export interface ByteSource {
  readonly size: number;
  /** Fills `target` from byte `start` on. @throws BifocalError at `where` when there are not as many bytes. */
  read(target: Uint8Array, start: number, where: string): Promise<void>;
  /** Puts a first part of the bytes from `start` on into `target`, at once; how many, 0 at the end. */
  readSome(target: Uint8Array, start: number): number;
}

/** An open plain file; `size` is what it was when it was opened. */
export interface OpenFile extends ByteSource {
  readonly path: string;
  close(): Promise<void>;
}

/** Opens a plain file, `kind` says in messages of what sort. @throws BifocalError `code` when it cannot. */
export async function openFile(
  path: string,
  kind: string,
  code: ErrorCode = "checkpoint",
): Promise<OpenFile> {
  const handle = await open(path, "r").catch((cause: Error) =>
    fail(code, path, { expected: kind, got: cause.message, todo: "check the path" }),
  );
  const stat = await handle.stat();
  if (!stat.isFile()) {
    await handle.close();
    fail(code, path, { expected: kind, got: "not a plain file" });
  }
  return {
    path,
    size: stat.size,
    read: (target, start, where) => readExactly(handle, target, start, where, code),
    readSome: (target, start) => readSync(handle.fd, target, 0, target.length, start),
    close: () => handle.close(),
  };
}

/** The bytes `start` to `start + size` of a larger source. */
export function partOf(source: ByteSource, start: number, size: number): ByteSource {
  return {
    size,
    read: (target, from, where) => source.read(target, start + from, where),
    readSome: (target, from) => source.readSome(target.subarray(0, size - from), start + from),
  };
}

/** Fills `target` from byte `start` on, at once, as far as the bytes go; how many that were. */
export function readUpTo(source: ByteSource, target: Uint8Array, start: number): number {
  let done = 0;
  for (let part = -1; part !== 0 && done < target.length; done += part) {
    part = source.readSome(target.subarray(done), start + done);
  }
  return done;
}

/** Opens a data file for as long as `use` runs. @throws BifocalError "data" when it cannot be opened or read. */
export async function withDataFile<T>(
  path: string,
  kind: string,
  use: (file: OpenFile) => T | Promise<T>,
): Promise<T> {
  const file = await openFile(path, kind, "data");
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

async function readExactly(
  file: FileHandle,
  target: Uint8Array,
  start: number,
  where: string,
  code: ErrorCode,
): Promise<void> {
  let done = 0;
  while (done < target.length) {
    const length = Math.min(target.length - done, 2 ** 30);
    const { bytesRead } = await file.read(target, done, length, start + done);
    if (bytesRead === 0) {
      fail(code, where, {
        expected: `${target.length} bytes at ${start}`,
        got: `${done}`,
        todo: "the file was cut while it was read; fetch or save it again",
      });
    }
    done += bytesRead;
  }
}
