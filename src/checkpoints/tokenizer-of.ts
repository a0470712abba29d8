import { existsSync } from "node:fs";
import { join } from "node:path";
import { BifocalError } from "../core/errors.ts";
import { readTokenizer } from "../data/tokenizers/read-tokenizer.ts";
import { cacheFolder, repositoryCache } from "../hub/cache.ts";
import { hyperparametersIn } from "../models/published/original.ts";
import { movedTokenizers, originals } from "../models/published/originals.ts";
import type { PublishedFolder } from "./open-published.ts";

/** The text of a tokenizer.json; or why there is none, though the model reads texts. */
export interface FoundTokenizer {
  readonly json?: string;
  readonly lack?: string;
}

const vocabularies = [
  "tokenizer.json",
  "vocab.txt",
  "vocab.json",
  "spiece.model",
  "spm.model",
  "sentencepiece.bpe.model",
];

/**
 * The tokenizer in the model's folder. A checkpoint in its authors' layout has none beside it: the one it names is taken
 * from the hub's cache, which is not asked to fetch it.
 */
export async function tokenizerOf({ folder, config }: PublishedFolder): Promise<FoundTokenizer> {
  if (hasVocabulary(folder)) return { json: await readTokenizer(folder) };
  const original = originals[String(config.model_type)];
  if (original === undefined) return {};
  const id = namedIn(hyperparametersIn(config, folder)) ?? original.tokenizer;
  if (id === undefined) return { lack: "the checkpoint names no tokenizer" };
  for (const name of [id, movedTokenizers[id] ?? id]) {
    const cached = await snapshotOf(name);
    if (cached === undefined) continue;
    try {
      return { json: await readTokenizer(cached) };
    } catch (error) {
      if (!(error instanceof BifocalError)) throw error;
      return { lack: error.message };
    }
  }
  return { lack: `${id} is not in the hub's cache` };
}

function namedIn(hyperparameters: unknown): string | undefined {
  const { tokenizer } = (hyperparameters ?? {}) as { readonly tokenizer?: unknown };
  return typeof tokenizer === "string" ? tokenizer : undefined;
}

/** Its folder in the cache, where a vocabulary is there. */
async function snapshotOf(id: string): Promise<string | undefined> {
  // A name in a checkpoint may be a path on someone's machine: none is looked up on this one.
  if (!/^\w[\w.-]*(\/\w[\w.-]*)?$/.test(id) || id.includes("..")) return undefined;
  const cache = repositoryCache(cacheFolder(process.env), id);
  const commit = await cache.commitOf("main");
  if (commit === undefined || !hasVocabulary(cache.snapshot(commit))) return undefined;
  return cache.snapshot(commit);
}

function hasVocabulary(folder: string): boolean {
  return vocabularies.some((name) => existsSync(join(folder, name)));
}
