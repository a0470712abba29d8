import { mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { BifocalError, fail } from "../core/index.ts";
import { removeStale, writeFileAtomic, writeTextAtomic } from "../files/atomic.ts";
import { takeLock } from "../files/lock.ts";
import { type Progress, type ProgressOptions, progress as standardProgress } from "../files/progress.ts";
import type { Table } from "../files/table.ts";
import { type ExampleOf, imagesOf } from "./examples.ts";
import { type PictureForm, pictureExtension } from "./pack-layout.ts";
import { type PackedSample, shardWriters } from "./pack-shard.ts";

/**
 * Packing: any pictures with their fields into WebDataset or Parquet shards, in order, with bounded memory. Shards are
 * written whole or not at all and a manifest says which are done; after a kill the same call goes on behind the last
 * one, and every shard is the same to the byte as without the kill.
 */
export interface PackOptions<F extends PictureForm> {
  readonly form: F;
  readonly format: keyof typeof shardWriters;
  /** Is made if need be; holds nothing but one packed split. */
  readonly folder: string;
  /** What is packed, in words: "coco-captions train". A folder goes on only with the same. */
  readonly source: string;
  /** Source examples of one shard. */
  readonly shardSize: number;
  /** Indexes of examples that are known not to be usable; they are listed as left out. */
  readonly leaveOut?: ReadonlySet<number>;
  /** What an example does whose picture is missing or none: end the work, or be left out and listed. */
  readonly damaged: "stop" | "skip";
  /** Says in a word what is the matter with a picture's bytes, "truncated"; without it they are packed unseen. */
  readonly inspect?: (bytes: Uint8Array, where: string) => Promise<string | undefined>;
  /** Why files of the source were left out, for the manifest. */
  readonly damagedFiles?: readonly string[];
}

/** What the folder holds, as `manifest.json` says it. */
export interface PackManifest {
  readonly version: 1;
  readonly source: string;
  readonly form: string;
  readonly format: string;
  readonly shardSize: number;
  readonly examples: number;
  readonly shards: readonly PackedShard[];
  /** Examples that were left out, with the reason. */
  readonly skipped: readonly { readonly index: number; readonly reason: string }[];
  /** Files of the source that were left out whole, with the reason; absent where there are none. */
  readonly damagedFiles?: readonly string[];
}

/** One shard: its examples' first index, how many were packed, and its bytes. */
export interface PackedShard {
  readonly name: string;
  readonly first: number;
  readonly samples: number;
  readonly bytes: number;
}

const manifestName = "manifest.json";
/** Pictures being read at once: enough to hide a disk's delay, few enough to be no load on memory. */
const readAhead = 16;

/**
 * Packs a table, or what is left of it. Keys are the examples' indexes in nine digits.
 * @throws BifocalError "usage" when the folder holds something else, "data" for a damaged example unless skipped.
 */
export async function pack<F extends PictureForm>(
  table: Table<ExampleOf[F]>,
  options: PackOptions<F>,
  progress: (options: ProgressOptions) => Progress = standardProgress,
): Promise<PackManifest> {
  const { folder, shardSize, format } = options;
  if (!(Number.isInteger(shardSize) && shardSize > 0)) {
    fail("usage", "pack", { expected: "a shard size of at least 1", got: String(shardSize) });
  }
  await mkdir(folder, { recursive: true });
  const release = await takeLock(join(folder, "pack.lock"));
  try {
    await removeStale(folder);
    let manifest = await openManifest(table.size, options);
    const count = Math.ceil(table.size / shardSize);
    const digits = Math.max(5, String(count - 1).length);
    const from = Math.min(manifest.shards.length * shardSize, table.size);
    const line = progress({ label: "pack", total: table.size, unit: "examples", from });
    try {
      while (manifest.shards.length < count) {
        const number = manifest.shards.length;
        const first = number * shardSize;
        const name = `${String(number).padStart(digits, "0")}.${shardWriters[format].extension}`;
        const skipped = [...manifest.skipped];
        const range = { first, end: Math.min(first + shardSize, table.size) };
        let samples = 0;
        await writeFileAtomic(join(folder, name), async (file) => {
          const writer = shardWriters[format].open(file, options.form);
          for await (const { index, sample } of samplesOf(table, options, range)) {
            if (sample instanceof BifocalError) skipped.push({ index, reason: sample.message });
            else {
              await writer.write(sample);
              samples++;
            }
            line.update(index + 1, skipped.length === 0 ? {} : { skipped: skipped.length });
          }
          await writer.finish();
        });
        const { size } = await stat(join(folder, name));
        const shards = [...manifest.shards, { name, first, samples, bytes: size }];
        manifest = { ...manifest, shards, skipped };
        await writeTextAtomic(join(folder, manifestName), `${JSON.stringify(manifest, null, 1)}\n`);
      }
    } finally {
      line.finish();
    }
    return manifest;
  } finally {
    await release();
  }
}

async function openManifest<F extends PictureForm>(
  examples: number,
  { source, form, format, shardSize, folder, damagedFiles = [] }: PackOptions<F>,
): Promise<PackManifest> {
  const wanted = { version: 1, source, form, format, shardSize, examples } as const;
  const found = await readManifest(folder);
  if (found === undefined)
    return { ...wanted, shards: [], skipped: [], ...(damagedFiles.length > 0 && { damagedFiles }) };
  for (const [key, value] of Object.entries(wanted)) {
    const there = found[key as keyof typeof wanted];
    if (there === value) continue;
    fail("usage", join(folder, manifestName), {
      expected: `${key} ${value}`,
      got: String(there),
      todo: "the folder holds other packed data; choose another one or delete it",
    });
  }
  for (const { name, bytes } of found.shards) {
    const path = join(folder, name);
    const size = await stat(path).then(
      (stats) => stats.size,
      () => undefined,
    );
    if (size === bytes) continue;
    fail("data", path, {
      expected: `${bytes} bytes, as the manifest says`,
      got: size === undefined ? "no such file" : String(size),
      todo: "delete the folder and pack again",
    });
  }
  return found;
}

/** The manifest of a packed folder, undefined where there is none. @throws BifocalError "data" when it is damaged. */
export async function readManifest(folder: string): Promise<PackManifest | undefined> {
  const path = join(folder, manifestName);
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const manifest = JSON.parse(text) as PackManifest;
    if (Array.isArray(manifest.shards) && Array.isArray(manifest.skipped)) return manifest;
  } catch {
    // reported below
  }
  return fail("data", path, { expected: "a manifest", got: "other contents", todo: "delete the folder" });
}

const unusable = "an example that is known to be unusable";

interface Numbered {
  readonly index: number;
  readonly sample: PackedSample | BifocalError;
}

/** The samples in order, of which the next few are being read already. */
async function* samplesOf<F extends PictureForm>(
  table: Table<ExampleOf[F]>,
  options: PackOptions<F>,
  { first, end }: { readonly first: number; readonly end: number },
): AsyncGenerator<Numbered> {
  const running: Promise<Numbered>[] = [];
  let next = first;
  const known = (index: number) =>
    options.leaveOut?.has(index) === true
      ? Promise.resolve({
          index,
          sample: new BifocalError({ code: "data", where: options.source, got: unusable }),
        })
      : undefined;
  const start = () => {
    const index = next++;
    const work =
      known(index) ??
      readSample(table, index, options.inspect).then(
        (sample) => ({ index, sample }),
        (error: unknown) => {
          if (options.damaged === "skip" && error instanceof BifocalError && error.fields.code === "data") {
            return { index, sample: error };
          }
          throw error;
        },
      );
    // A failure is met where its turn comes; until then it must not end the process.
    work.catch(() => undefined);
    running.push(work);
  };
  while (next < end && running.length < readAhead) start();
  for (let work = running.shift(); work !== undefined; work = running.shift()) {
    yield await work;
    if (next < end) start();
  }
}

async function readSample<F extends PictureForm>(
  table: Table<ExampleOf[F]>,
  index: number,
  inspect: PackOptions<F>["inspect"],
): Promise<PackedSample> {
  const example = await table.get(index);
  const pictures: PackedSample["pictures"][number][] = [];
  for (const image of imagesOf(example)) {
    const bytes = await image.read();
    const defect = await inspect?.(bytes, image.where);
    if (defect !== undefined) {
      fail("data", image.where, {
        expected: "a picture that can be decoded",
        got: `a ${defect} one`,
        todo: "bifocal data check says more",
      });
    }
    pictures.push({ id: image.id, bytes, extension: pictureExtension(bytes, image.where) });
  }
  return { key: String(index).padStart(9, "0"), pictures, example };
}
