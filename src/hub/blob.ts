import { createHash } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { BifocalError } from "../core/index.ts";
import { writeAll } from "../files/atomic.ts";
import { ioError } from "../files/io-error.ts";
import type { RemoteFile } from "./listing.ts";
import { type Get, type Hub, persist } from "./request.ts";

/** Bytes of a download that was interrupted lie here; the next one goes on from them. */
export function partialPath(path: string): string {
  return `${path}.bifocal.incomplete`;
}

/**
 * Downloads one file to `path`, which appears only once size and checksum agree. `onBytes` is told the bytes that
 * are there. The caller must be the only writer. @throws BifocalError
 */
export async function downloadBlob(
  hub: Hub,
  where: string,
  address: string,
  file: RemoteFile,
  path: string,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const partial = partialPath(path);
  try {
    let whole = false;
    // Bytes of an earlier run may be spoilt: then it is begun again, once.
    for (let tries = 0; !whole && tries < 2; tries++) {
      whole = await persist(hub, where, (get, alive) =>
        receive(get, address, file, partial, (bytes) => {
          alive();
          onBytes(bytes);
        }),
      );
      if (!whole) await rm(partial);
    }
    if (!whole) {
      const todo = "run again; should it stay so, the hub or a proxy on the way changes files";
      const expected = `${file.size} bytes with the checksum ${file.blob}`;
      throw new BifocalError({ code: "data", where, expected, got: "other content", todo });
    }
    await rename(partial, path);
  } catch (cause) {
    throw ioError(path, cause);
  }
}

/** Appends what `partial` lacks; false where the whole is not what the hub promised. */
async function receive(
  get: Get,
  address: string,
  file: RemoteFile,
  partial: string,
  onBytes: (bytes: number) => void,
): Promise<boolean> {
  const handle = await open(partial, "a+");
  try {
    let done = (await handle.stat()).size;
    let hash = await hashOf(file, handle);
    if (done < file.size) {
      const range = done > 0 ? { range: `bytes=${done}-` } : undefined;
      const response = await get(address, { "accept-encoding": "identity", ...range });
      if (response.status !== 206 && done > 0) {
        await handle.truncate(0);
        done = 0;
        hash = await hashOf(file, handle);
      }
      for await (const piece of response.body ?? []) {
        done += piece.length;
        if (done > file.size) return false;
        await writeAll(handle, piece);
        hash.update(piece);
        onBytes(done);
      }
      // A body may end early without an error where the server names no length.
      if (done < file.size) {
        const cause = Object.assign(new Error("it ended early"), { code: "UND_ERR_SOCKET" });
        throw new TypeError("terminated", { cause });
      }
    }
    await handle.sync();
    return done === file.size && hash.digest("hex") === file.blob;
  } finally {
    await handle.close();
  }
}

/** The checksum that names the blob, fed with what the file holds so far. */
async function hashOf(file: RemoteFile, handle: FileHandle) {
  const isLfs = file.blob.length === 64;
  const hash = createHash(isLfs ? "sha256" : "sha1");
  if (!isLfs) hash.update(`blob ${file.size}\0`);
  for await (const piece of handle.createReadStream({ start: 0, autoClose: false })) hash.update(piece);
  return hash;
}
