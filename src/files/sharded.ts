import { readFile, realpath } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fail } from "../core/index.ts";
import { repeatedKey } from "./json-keys.ts";
import { listed } from "./match-names.ts";
import type { StoredTensor, TensorFile } from "./tensor-file.ts";

/** Weights in several files of one folder with an index, `{"weight_map": {tensor: file}}`, as Hugging Face writes them. */

/** Largest index that is read; one line per tensor makes some kilobytes. */
const maxIndexBytes = 2 ** 26;

/**
 * Opens the shards an index names, each by `open`, as one file. Their headers are read at once, so that the index is
 * known to be right: every tensor in the shard it is said to be in, no shard with others, no shard outside the folder.
 * @throws BifocalError "checkpoint" naming the index or shard and the defect.
 */
export async function openSharded(
  indexPath: string,
  open: (path: string) => Promise<TensorFile>,
): Promise<TensorFile> {
  const shardOf = await readIndex(indexPath);
  const namesOf = new Map<string, string[]>();
  for (const [name, shard] of shardOf) namesOf.set(shard, [...(namesOf.get(shard) ?? []), name]);
  const files = new Map<string, TensorFile>();
  const close = async () => {
    for (const file of files.values()) await file.close();
  };
  try {
    for (const [shard, names] of namesOf) {
      const path = await shardPath(indexPath, shard);
      const file = await open(path);
      files.set(shard, file);
      checkShard(path, names, file.tensors);
    }
  } catch (error) {
    await close();
    throw error;
  }
  const fileOf = (name: string) =>
    files.get(shardOf.get(name) ?? "") ??
    fail("checkpoint", indexPath, {
      expected: `a tensor named ${name}`,
      got: `${shardOf.size} tensors without it`,
    });
  return {
    path: indexPath,
    tensors: new Map([...shardOf.keys()].map((name) => [name, fileOf(name).tensors.get(name)!])),
    read: async (name) => fileOf(name).read(name),
    readInto: async (name, target) => fileOf(name).readInto(name, target),
    close,
  };
}

function defect(where: string, expected: string, got: string): never {
  fail("checkpoint", where, {
    expected,
    got,
    todo: "the index is damaged or of another set of files; fetch them again",
  });
}

async function readIndex(path: string): Promise<Map<string, string>> {
  const bytes = await readFile(path).catch((cause: Error) =>
    fail("checkpoint", path, { expected: "an index of shards", got: cause.message, todo: "check the path" }),
  );
  if (bytes.length > maxIndexBytes) defect(path, `at most ${maxIndexBytes} bytes`, `${bytes.length}`);
  const text = bytes.toString("utf8");
  const map = weightMap(text);
  if (map === undefined) {
    defect(path, `JSON {"weight_map": {tensor: file}}`, JSON.stringify(text.slice(0, 40)));
  }
  const repeated = repeatedKey(text);
  if (repeated !== undefined) defect(path, "each name once", `${repeated} twice`);
  return new Map(
    Object.entries(map).map(([name, shard]) =>
      typeof shard === "string" ? [name, shard] : defect(`${path} at ${name}`, "a file name", typeof shard),
    ),
  );
}

function weightMap(text: string): object | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof json !== "object" || json === null || !("weight_map" in json)) return undefined;
  const map = json.weight_map;
  return typeof map === "object" && map !== null && !Array.isArray(map) ? map : undefined;
}

/** The shard's path. An index comes from elsewhere: it must not make other files be read. */
async function shardPath(indexPath: string, shard: string): Promise<string> {
  if (shard === "" || shard === "." || shard === ".." || /[/\\\0:]/.test(shard)) {
    defect(indexPath, "names of files beside the index", JSON.stringify(shard));
  }
  const path = join(dirname(indexPath), shard);
  const real = await realpath(path).catch((cause: NodeJS.ErrnoException) =>
    defect(indexPath, `a file ${shard} beside it`, cause.code ?? cause.message),
  );
  const folder = await realpath(dirname(indexPath));
  // In a cache of the Hugging Face hub the files of a snapshot are links to the repository's blobs.
  const blobs = basename(dirname(folder)) === "snapshots" ? resolve(folder, "../../blobs") : folder;
  if (dirname(real) !== folder && dirname(real) !== blobs) {
    defect(indexPath, "names of files beside the index", `${shard}, a link to another folder`);
  }
  return path;
}

function checkShard(path: string, names: readonly string[], found: ReadonlyMap<string, StoredTensor>): void {
  const expected = new Set(names);
  const problems = [
    listed(
      "missing",
      names.filter((name) => !found.has(name)),
    ),
    listed(
      "not in the index",
      [...found.keys()].filter((name) => !expected.has(name)),
    ),
  ].filter((text) => text !== "");
  if (problems.length > 0) {
    defect(path, `the ${names.length} tensors of the index`, `${found.size}\n${problems.join("\n")}\n`);
  }
}
