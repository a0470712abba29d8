import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BifocalError } from "../core/index.ts";
import { ioError } from "../files/io-error.ts";
import { takeLock } from "../files/lock.ts";
import { type ProgressOutput, progress } from "../files/progress.ts";
import { requireSpace } from "../files/require-space.ts";
import { downloadBlob, partialPath } from "./blob.ts";
import { fileSize, type RepositoryCache } from "./cache.ts";
import type { Listing, RemoteFile } from "./listing.ts";
import type { Hub } from "./request.ts";
import { nameOf, type Repository } from "./source.ts";

const lockPollMilliseconds = 500;

/**
 * Puts the files `names` of a commit into the cache, downloading what no earlier commit brought. Processes that want
 * the same model take turns, so that the second finds the files of the first. @throws BifocalError
 */
export async function fillSnapshot(
  hub: Hub,
  cache: RepositoryCache,
  model: Repository,
  commit: string,
  listing: Listing,
  names: readonly string[],
  output?: ProgressOutput,
): Promise<void> {
  for (const folder of [cache.blobs, cache.snapshot(commit), dirname(cache.lock)]) await makeFolder(folder);
  const release = await takeTurn(hub, cache.lock);
  try {
    await cache.remember(model.revision, commit, listing);
    const files = names.map((name) => ({ name, file: listing.get(name)! }));
    const absent = new Map<string, { readonly name: string; readonly file: RemoteFile }>();
    for (const { name, file } of files) {
      if ((await fileSize(join(cache.blobs, file.blob))) !== file.size) absent.set(file.blob, { name, file });
    }
    if (absent.size > 0) await download(hub, cache, model, commit, [...absent.values()], output);
    for (const { name, file } of files) await cache.link(commit, name, file);
  } finally {
    await release();
  }
}

async function download(
  hub: Hub,
  cache: RepositoryCache,
  model: Repository,
  commit: string,
  absent: readonly { readonly name: string; readonly file: RemoteFile }[],
  output: ProgressOutput | undefined,
): Promise<void> {
  const total = absent.reduce((sum, { file }) => sum + file.size, 0);
  let before = 0;
  for (const { file } of absent) before += (await fileSize(partialPath(join(cache.blobs, file.blob)))) ?? 0;
  requireSpace(cache.blobs, total - before, "free space, or set HF_HUB_CACHE to another folder");
  const label = `download ${model.id}`;
  const line = progress(
    { label, total: megabytes(total), unit: "MB", from: Math.floor(before / 1e6) },
    output,
  );
  let whole = 0;
  try {
    for (const { name, file } of absent) {
      const address = `/${model.id}/resolve/${commit}/${name.split("/").map(encodeURIComponent).join("/")}`;
      await downloadBlob(
        hub,
        `${nameOf(model)} ${name}`,
        address,
        file,
        join(cache.blobs, file.blob),
        (bytes) => line.update(megabytes(whole + bytes), { file: name }),
      );
      whole += file.size;
    }
  } finally {
    line.finish();
  }
}

/** Whole megabytes, so that the line shows no long numbers. */
function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1e6);
}

/** Waits while another process holds the lock. */
async function takeTurn(hub: Hub, lock: string): Promise<() => Promise<void>> {
  for (let waits = 0; ; waits++) {
    try {
      return await takeLock(lock);
    } catch (error) {
      // With a cause it is the file system that refused.
      if (!(error instanceof BifocalError) || error.cause !== undefined) throw error;
      if (waits === 0)
        hub.note(`${lock}: ${error.fields.got}; waiting for it (delete the file if that process is dead)`);
      await hub.wait(lockPollMilliseconds);
    }
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    throw ioError(path, cause);
  }
}
