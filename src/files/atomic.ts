import { type FileHandle, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { BifocalError } from "../core/index.ts";
import { ioError } from "./io-error.ts";

/**
 * Whole or not at all: contents go to a temporary sibling, are flushed to the disk and renamed into place. A reader,
 * or the next run after a kill or a power cut, sees either what was there before or all of what is new.
 */

/** Buffers handed to one write call; a single call beyond 2 GiB is refused by the operating system. */
const chunkBytes = 64 * 2 ** 20;

const temporaryName = /^\..+\.tmp-\d+-\d+$/;
let temporaries = 0;

function temporarySibling(path: string): string {
  temporaries++;
  return join(dirname(path), `.${basename(path)}.tmp-${process.pid}-${temporaries}`);
}

/**
 * Replaces or creates one file. `write` receives the open temporary file.
 * @throws BifocalError when the machine fails; the earlier file, if any, is then untouched.
 */
export async function writeFileAtomic(
  path: string,
  write: (file: FileHandle) => Promise<void>,
): Promise<void> {
  await throughTemporary(path, async (temporary) => {
    const file = await open(temporary, "wx");
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
  });
}

/** Replaces or creates one UTF-8 text file. @throws BifocalError when the machine fails. */
export async function writeTextAtomic(path: string, text: string): Promise<void> {
  await writeFileAtomic(path, (file) => writeAll(file, Buffer.from(text)));
}

/**
 * Creates a folder that must not exist yet. `fill` receives the temporary folder and writes its files there with
 * `writeFileAtomic`, which flushes them. @throws BifocalError when the machine fails; nothing is left behind.
 */
export async function writeFolderAtomic(
  path: string,
  fill: (folder: string) => Promise<void>,
): Promise<void> {
  await throughTemporary(path, async (temporary) => {
    await mkdir(temporary);
    await fill(temporary);
    await syncFolder(temporary);
  });
}

/** Deletes a folder so that a kill leaves no half of it under its name. */
export async function removeFolderAtomic(path: string): Promise<void> {
  const temporary = temporarySibling(path);
  try {
    await rename(path, temporary);
    await rm(temporary, { recursive: true });
  } catch (cause) {
    throw ioError(path, cause);
  }
}

/** Deletes what killed writers left in `folder`. The caller must be its only writer, for instance by a lock. */
export async function removeStale(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (temporaryName.test(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** True for names made by killed or running writers of this module. */
export function isTemporary(name: string): boolean {
  return temporaryName.test(name);
}

/** Writes every byte of `bytes` at the file's current position; one write call may take only a part. */
export async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const length = Math.min(chunkBytes, bytes.length - done);
    done += (await file.write(bytes, done, length)).bytesWritten;
  }
}

async function throughTemporary(path: string, make: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = temporarySibling(path);
  try {
    await make(temporary);
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (cause) {
    // A second failure here must not hide the first; the next removeStale deletes what remains.
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw whole(path, temporary, cause);
  }
}

/** The user knows the place by its final name, and wants to know what became of what was there. */
function whole(path: string, temporary: string, cause: unknown): unknown {
  const error = ioError(path, cause);
  if (!(error instanceof BifocalError)) return error;
  const where = error.fields.where.replace(temporary, path);
  const { todo = "" } = error.fields;
  const said = error === cause ? todo : `${todo}; what was there before is untouched`;
  return new BifocalError({ ...error.fields, where, todo: said }, error.cause);
}

/** A rename is on the disk only once the folder that holds the name is. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return; // folders cannot be opened there
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } catch (error) {
    // Some network file systems cannot flush a folder; there the rename itself has to do.
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code !== "EINVAL" && code !== "ENOTSUP") throw error;
  } finally {
    await handle.close();
  }
}
