import { createHash } from "node:crypto";
import { mkdir, readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { BifocalError, fail } from "../core/index.ts";
import { writeTextAtomic } from "./atomic.ts";
import { type OpenFile, withDataFile } from "./byte-source.ts";
import { type TarEntry, tarEntries } from "./tar.ts";

/**
 * WebDataset: tar shards in which consecutive files of one key are a sample, "0001.jpg", "0001.txt". The key ends at
 * the first dot of the file's name, what follows says which part of the sample it is. As in the Python package,
 * extensions are read in lower case, and files without one and hidden ones belong to no sample.
 */

/** Bytes within a shard, read when asked for. */
export interface SamplePart {
  /** Shard, key and extension, for messages. */
  readonly where: string;
  readonly size: number;
  /** @throws BifocalError "data" when the shard can no longer be read. */
  read(): Promise<Uint8Array>;
}

/** The parts of one sample by extension ("jpg", "seg.png"), in the shard's order. */
export interface TarSample {
  readonly key: string;
  /** Shard and key, for messages. */
  readonly where: string;
  readonly parts: ReadonlyMap<string, SamplePart>;
}

/** Shards as one list of samples; opens a shard only while reading from it. */
export interface TarShards {
  readonly size: number;
  sample(index: number): Promise<TarSample>;
}

interface Shard {
  readonly path: string;
  /** Bytes of the file when it was indexed. */
  readonly bytes: number;
  /** Where each sample's first header begins. */
  readonly starts: readonly number[];
}

const kind = "a tar shard";

/**
 * Finds every sample of the shards, reading only headers: some 10 microseconds a file when the disk is quick. With
 * `cacheFolder` what is found is kept there, and read instead as long as a shard's size and time stay the same.
 * @throws BifocalError "data" for a shard that is damaged, cut short, or names a part twice.
 */
export async function openTarShards(paths: readonly string[], cacheFolder?: string): Promise<TarShards> {
  const shards: Shard[] = [];
  const ends: number[] = [];
  let size = 0;
  for (const path of paths) {
    const shard = await (cacheFolder === undefined ? indexShard(path) : cachedIndex(path, cacheFolder));
    shards.push(shard);
    size += shard.starts.length;
    ends.push(size);
  }
  return {
    size,
    sample: async (index) => {
      if (!(Number.isInteger(index) && index >= 0 && index < size)) {
        fail("usage", "sample", { expected: `an index in [0, ${size})`, got: String(index) });
      }
      const number = ends.findIndex((end) => index < end);
      const shard = shards[number]!;
      const start = shard.starts[index - (ends[number]! - shard.starts.length)]!;
      return openUnchanged(shard, (file) => sampleAt(shard, file, start));
    },
  };
}

/** The sample of a file and which part it is; undefined for files that belong to none. */
export function sampleKey(name: string): { key: string; extension: string } | undefined {
  const match = /^((?:.*\/)?[^./]+)\.([^/]*)$/s.exec(name);
  return match === null ? undefined : { key: match[1]!, extension: match[2]!.toLowerCase() };
}

/** Entries of one key after the other, with where each part lies. */
function* groups(entries: Iterable<TarEntry>, path: string): Generator<Group, void> {
  let group: Group | undefined;
  for (const entry of entries) {
    const named = sampleKey(entry.name);
    if (named === undefined) continue;
    const { key, extension } = named;
    if (group !== undefined && group.key !== key) {
      yield group;
      group = undefined;
    }
    group ??= { key, header: entry.header, parts: new Map() };
    if (group.parts.has(extension)) {
      fail("data", `${path} at ${entry.name}`, {
        expected: `one .${extension} for ${key}`,
        got: "two",
        todo: "WebDataset keys end at the first dot of the name; rename the files and pack them again",
      });
    }
    group.parts.set(extension, entry);
  }
  if (group !== undefined) yield group;
}

interface Group {
  readonly key: string;
  readonly header: number;
  readonly parts: Map<string, TarEntry>;
}

function indexShard(path: string): Promise<Shard> {
  return withDataFile(path, kind, (file) => {
    const starts = Array.from(groups(tarEntries(file), path), ({ header }) => header);
    return { path, bytes: file.size, starts };
  });
}

async function cachedIndex(path: string, folder: string): Promise<Shard> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return indexShard(path); // which says what is wrong
  const state = { path: resolve(path), bytes: found.size, modified: found.mtimeMs };
  const name = createHash("sha256").update(JSON.stringify(state)).digest("hex").slice(0, 32);
  const cache = join(folder, `${name}.json`);
  const starts = parseStarts(await readFile(cache, "utf8").catch(() => ""));
  if (starts !== undefined) return { path, bytes: found.size, starts };
  const shard = await indexShard(path);
  await mkdir(folder, { recursive: true });
  await writeTextAtomic(cache, JSON.stringify(shard.starts));
  return shard;
}

/** A cache that cannot be read is made anew. */
function parseStarts(text: string): number[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((start) => Number.isSafeInteger(start) && start >= 0)
      ? value
      : undefined;
  } catch {
    return undefined;
  }
}

function openUnchanged<T>({ path, bytes }: Shard, use: (file: OpenFile) => T | Promise<T>): Promise<T> {
  return withDataFile(path, kind, (file) => {
    if (file.size === bytes) return use(file);
    return fail("data", path, {
      expected: `${bytes} bytes, as when it was opened`,
      got: String(file.size),
      todo: "leave shards alone while they are read, and run again",
    });
  });
}

function sampleAt(shard: Shard, file: OpenFile, start: number): TarSample {
  const { value: group } = groups(tarEntries(file, start), shard.path).next();
  if (group === undefined) throw new BifocalError({ code: "data", where: shard.path, got: "another shard" });
  const where = `${shard.path} at ${group.key}`;
  const parts = [...group.parts].map(([extension, { start: from, size }]) => {
    const partWhere = `${where}.${extension}`;
    const read = () =>
      openUnchanged(shard, async (opened) => {
        const bytes = new Uint8Array(size);
        await opened.read(bytes, from, partWhere);
        return bytes;
      });
    return [extension, { where: partWhere, size, read }] as const;
  });
  return { key: group.key, where, parts: new Map(parts) };
}
