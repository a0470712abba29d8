import { z } from "zod";
import { fail } from "../core/index.ts";
import { commitPattern, isSafeName } from "./source.ts";

/** What the hub says of a file, before anything of it has been read. */
export interface RemoteFile {
  /** Bytes. */
  readonly size: number;
  /** Its name in the cache, and its checksum: 64 hex digits of SHA-256, or 40 of git's SHA-1 where it is no LFS file. */
  readonly blob: string;
  /** Git's SHA-1 of what git holds: the file, or the pointer to an LFS file. */
  readonly gitBlob: string;
}

/** The files of a commit by name. */
export type Listing = ReadonlyMap<string, RemoteFile>;

const size = z.int().nonnegative();
const sha1 = z.string().regex(commitPattern);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const name = z.string().refine(isSafeName, "a name that leaves its folder");

const response = z.object({
  sha: sha1,
  siblings: z.array(
    z.object({ rfilename: name, size, blobId: sha1, lfs: z.object({ sha256, size }).nullish() }),
  ),
});

/** Python's own file of the cache, trees/<commit>.json: huggingface_hub 2.4, _tree_cache.py. */
const stored = z.object({
  format_version: z.literal(1),
  files: z.record(
    name,
    z.object({ size, blob_id: sha1, lfs_sha256: sha256.nullish(), lfs_size: size.nullish() }),
  ),
});

/** Reads the hub's answer for /api/models/<id>/revision/<revision>?blobs=true. @throws BifocalError */
export function parseResponse(where: string, answer: unknown): { commit: string; listing: Listing } {
  const { data, error } = response.safeParse(answer);
  if (error) {
    const [issue] = error.issues;
    const got = `${issue?.message} at ${issue?.path.join(".")}`;
    fail("data", where, { expected: "the hub's list of files", got, todo: "check HF_ENDPOINT" });
  }
  const files = data.siblings.map(({ rfilename, size, blobId, lfs }): [string, RemoteFile] => [
    rfilename,
    { size: lfs?.size ?? size, blob: lfs?.sha256 ?? blobId, gitBlob: blobId },
  ]);
  return { commit: data.sha, listing: new Map(files) };
}

/** The stored form, by which Python too knows whether a snapshot is complete. */
export function renderStored(listing: Listing): string {
  const files = [...listing].map(([name, { size, blob, gitBlob }]) => [
    name,
    { size, blob_id: gitBlob, ...(blob === gitBlob ? {} : { lfs_sha256: blob, lfs_size: size }) },
  ]);
  return `${JSON.stringify({ format_version: 1, files: Object.fromEntries(files) }, null, 1)}\n`;
}

/** Reads the stored form; undefined where it is not valid, for the hub can be asked again. */
export function parseStored(text: string): Listing | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { data } = stored.safeParse(json);
  if (data === undefined) return undefined;
  const files = Object.entries(data.files).map(([name, file]): [string, RemoteFile] => [
    name,
    { size: file.lfs_size ?? file.size, blob: file.lfs_sha256 ?? file.blob_id, gitBlob: file.blob_id },
  ]);
  return new Map(files);
}
