import { setTimeout as sleep } from "node:timers/promises";
import { BifocalError, fail, nearest } from "../core/index.ts";
import type { ProgressOutput } from "../files/progress.ts";
import { cacheFolder, type RepositoryCache, repositoryCache } from "./cache.ts";
import { chooseFiles, type WantedFile } from "./choose.ts";
import { fillSnapshot } from "./fill.ts";
import { type Listing, parseResponse } from "./listing.ts";
import { type Hub, hubOf, persist } from "./request.ts";
import { commitPattern, nameOf, type Repository, readSource } from "./source.ts";

/** A folder with a model's files. */
export interface Located {
  readonly folder: string;
  /** "org/name" where it came from the hub. */
  readonly id?: string;
  /** The commit it is at, 40 hex digits, where it came from the hub. */
  readonly revision?: string;
}

/** What is wanted of a model. */
export interface LocateOptions {
  /** Only these are downloaded. A local folder is taken as it is, whatever files it has. */
  readonly files: readonly WantedFile[];
  /** Commit, tag or branch; "main" where neither this nor the source says one. */
  readonly revision?: string;
}

/** The world around `locate`: tests give another. */
export interface Surroundings extends Pick<Hub, "wait" | "note"> {
  readonly env: NodeJS.ProcessEnv;
  /** Where the progress line goes; standard error where it is left out. */
  readonly output?: ProgressOutput;
}

const here: Surroundings = {
  env: process.env,
  wait: (milliseconds) => sleep(milliseconds),
  note: (text) => void process.stderr.write(`${process.stderr.isTTY ? "\n" : ""}${text}\n`),
};

/**
 * Finds a model's files: in a local folder, in the cache shared with Python, or on the hub, from where that cache is
 * filled. A commit whose files are all cached needs no network. A branch or tag is asked for; where the hub cannot be
 * reached, the commit it last was at is taken from the cache, with a note. HF_HUB_OFFLINE=1 never asks.
 * @throws BifocalError
 */
export async function locate(
  source: string,
  options: LocateOptions,
  place: Surroundings = here,
): Promise<Located> {
  const model = await readSource(source, options.revision);
  if (typeof model === "string") return { folder: model };
  const cache = repositoryCache(cacheFolder(place.env), model.id);
  const cached = await inCache(cache, model, options.files);
  if (/^(1|on|yes|true)$/i.test(place.env.HF_HUB_OFFLINE ?? "")) {
    if (cached.found !== undefined) return cached.found;
    fail("usage", nameOf(model), {
      expected: `its files in ${cache.folder}, for HF_HUB_OFFLINE is set`,
      got: cached.lack,
      todo: "unset HF_HUB_OFFLINE, run it once where there is a network, or give a folder with the files",
    });
  }
  if (cached.found !== undefined && cached.sure && commitPattern.test(model.revision)) return cached.found;
  const hub = hubOf(place.env, place);
  let commit: string;
  let listing: Listing;
  try {
    ({ commit, listing } = await ask(hub, model));
  } catch (error) {
    const unreached = error instanceof BifocalError && error.fields.code === "backend";
    if (!unreached || cached.found === undefined) throw error;
    place.note(
      `${nameOf(model)}: ${error.fields.got}; taking commit ${cached.found.revision} from the cache`,
    );
    return cached.found;
  }
  const { chosen, missing } = chooseFiles(options.files, [...listing.keys()]);
  if (missing.length > 0) {
    fail("usage", nameOf(model), {
      expected: missing.join(", "),
      got: "no such file there",
      todo: `the nearest name is ${nearest(missing[0]!, [...listing.keys()]) ?? "none, it is empty"}`,
    });
  }
  if ((await cache.lacks(commit, chosen, listing)).length > 0 || cached.found?.revision !== commit) {
    await fillSnapshot(hub, cache, model, commit, listing, chosen, place.output);
  } else {
    // Spares the next run the question; a cache that may only be read does without.
    await cache.remember(model.revision, commit, listing).catch(() => undefined);
  }
  return { folder: cache.snapshot(commit), id: model.id, revision: commit };
}

/** What the cache has of a model; `sure` where a list of files says that nothing is missing. */
async function inCache(
  cache: RepositoryCache,
  { id, revision }: Repository,
  wanted: readonly WantedFile[],
): Promise<{ readonly found?: Located; readonly sure?: boolean; readonly lack: string }> {
  const commit = commitPattern.test(revision) ? revision : await cache.commitOf(revision);
  if (commit === undefined || !(await cache.has(commit))) return { lack: "nothing of it" };
  const listing = await cache.listingOf(commit);
  const lacks = await cache.lacks(commit, wanted, listing);
  if (lacks.length > 0) return { lack: `no ${lacks.join(", ")}` };
  const sure =
    listing !== undefined || wanted.every((want) => typeof want === "string" && !want.includes("*"));
  return { found: { folder: cache.snapshot(commit), id, revision: commit }, sure, lack: "" };
}

/** The commit a revision is at, and its files, in one request. */
async function ask(hub: Hub, model: Repository): Promise<{ commit: string; listing: Listing }> {
  const where = nameOf(model);
  const address = `/api/models/${model.id}/revision/${encodeURIComponent(model.revision)}?blobs=true`;
  const answer = await persist(hub, where, async (get) => {
    const text = await (await get(address)).text();
    try {
      return JSON.parse(text) as unknown;
    } catch {
      return text.slice(0, 100);
    }
  });
  const found = parseResponse(where, answer);
  if (commitPattern.test(model.revision) && found.commit !== model.revision) {
    fail("data", where, { expected: "that commit", got: found.commit, todo: "check HF_ENDPOINT" });
  }
  return found;
}
