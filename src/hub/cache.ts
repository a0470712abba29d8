import { mkdir, readdir, readFile, rename, stat, symlink } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { writeTextAtomic } from "../files/atomic.ts";
import { ioError } from "../files/io-error.ts";
import { chooseFiles, type WantedFile } from "./choose.ts";
import { type Listing, parseStored, type RemoteFile, renderStored } from "./listing.ts";
import { commitPattern, expandHome } from "./source.ts";

/**
 * The hub's cache folder, shared with Python's huggingface_hub: models--org--name/ holds blobs/<checksum>, snapshots/<commit>/<file>
 * as relative links to them, refs/<revision> with a commit, trees/<commit>.json with the list of files.
 */
export interface RepositoryCache {
  readonly folder: string;
  /** Lock file of the process that fills this repository's folder. */
  readonly lock: string;
  /** Folder of the blobs, each named by its checksum. */
  readonly blobs: string;
  snapshot(commit: string): string;
  /** True where there is a snapshot of it, perhaps of a part. */
  has(commit: string): Promise<boolean>;
  /** The commit a branch or tag was at when it was last asked for. */
  commitOf(revision: string): Promise<string | undefined>;
  listingOf(commit: string): Promise<Listing | undefined>;
  /** Keeps what the hub answered. */
  remember(revision: string, commit: string, listing: Listing): Promise<void>;
  /** Wanted files that the snapshot lacks, by name; with no listing, a pattern takes what is there. */
  lacks(commit: string, wanted: readonly WantedFile[], listing?: Listing): Promise<readonly string[]>;
  /** Makes `name` in the snapshot a link to the blob. */
  link(commit: string, name: string, file: RemoteFile): Promise<void>;
}

/** HF_HUB_CACHE, else hub/ in HF_HOME, else in the user's cache folder, as Python finds it. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  const user = env.XDG_CACHE_HOME || join(homedir(), ".cache");
  return resolve(expandHome(env.HF_HUB_CACHE || join(env.HF_HOME || join(user, "huggingface"), "hub")));
}

/** The part of the cache that belongs to the model `id`. */
export function repositoryCache(root: string, id: string): RepositoryCache {
  const name = ["models", ...id.split("/")].join("--");
  const folder = join(root, name);
  const snapshot = (commit: string) => join(folder, "snapshots", commit);
  const blobs = join(folder, "blobs");
  const tree = (commit: string) => join(folder, "trees", `${commit}.json`);
  const commitOf = async (revision: string) => {
    const text = (await readOptional(join(folder, "refs", revision)))?.trim();
    return text !== undefined && commitPattern.test(text) ? text : undefined;
  };
  const listingOf = async (commit: string) => {
    const text = await readOptional(tree(commit));
    return text === undefined ? undefined : parseStored(text);
  };
  return {
    folder,
    lock: join(root, ".locks", name, "bifocal.lock"),
    blobs,
    snapshot,
    has: async (commit) => (await stat(snapshot(commit)).catch(() => undefined))?.isDirectory() ?? false,
    commitOf,
    listingOf,
    remember: async (revision, commit, listing) => {
      if ((await listingOf(commit)) === undefined) await writeText(tree(commit), renderStored(listing));
      if (revision !== commit && (await commitOf(revision)) !== commit) {
        await writeText(join(folder, "refs", revision), commit);
      }
    },
    lacks: async (commit, wanted, listing) => {
      const names = listing?.keys() ?? (await readdir(snapshot(commit), { recursive: true }).catch(() => []));
      const { chosen, missing } = chooseFiles(wanted, [...names]);
      const lacking = await Promise.all(
        chosen.map(async (file) => {
          const size = await fileSize(join(snapshot(commit), file));
          return size === undefined || (listing !== undefined && size !== listing.get(file)?.size);
        }),
      );
      return [...missing, ...chosen.filter((_, i) => lacking[i])];
    },
    link: async (commit, name, file) => {
      const path = join(snapshot(commit), name);
      const temporary = `${path}.${process.pid}.tmp`;
      try {
        await mkdir(dirname(path), { recursive: true });
        await symlink(relative(dirname(path), join(blobs, file.blob)), temporary);
        await rename(temporary, path);
      } catch (cause) {
        throw ioError(path, cause);
      }
    },
  };
}

/** Bytes of a file, following links; undefined where there is none. */
export async function fileSize(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ? found.size : undefined;
}

async function readOptional(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined);
}

async function writeText(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeTextAtomic(path, text);
}
