import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fail, sizeOf } from "../core/index.ts";
import { writeTextAtomic } from "./atomic.ts";
import { type NamedTensor, writeSafetensors } from "./safetensors.ts";
import { storedBytes } from "./tensor-file.ts";

/** Weights as Hugging Face's libraries store them: one file, or shards of bounded size with an index. */

/** How weights are stored. */
export interface ShardOptions {
  /** Bytes of tensors in one file; a single larger tensor has a file of its own. */
  readonly maxShardBytes: number;
  /** What f32 tensors are stored as; the others keep their type. */
  readonly dtype: "f32" | "f16" | "bf16";
}

/**
 * Writes `model.safetensors`, or where that would exceed the limit `model-00001-of-00003.safetensors` and so on with
 * `model.safetensors.index.json`, which is written last. Tensors keep their order. Returns the names of the files.
 * @throws BifocalError "usage" when the folder holds weights already: a reader could not tell which are meant.
 */
export async function writeSharded(
  folder: string,
  tensors: Iterable<NamedTensor>,
  { maxShardBytes, dtype }: ShardOptions,
): Promise<string[]> {
  const earlier = (await readdir(folder)).filter((name) => /^model(-\d+-of-\d+)?\.safetensors/.test(name));
  if (earlier.length > 0) {
    fail("usage", folder, {
      expected: "a folder without weights",
      got: earlier.sort().join(", "),
      todo: "delete them or choose another folder",
    });
  }
  const list = [...tensors].map((tensor) => (tensor.dtype === "f32" ? { ...tensor, dtype } : tensor));
  const shards = split(list, maxShardBytes);
  const metadata = { format: "pt" }; // what the readers of these files ask for
  if (shards.length === 1) {
    await writeSafetensors(join(folder, "model.safetensors"), list, metadata);
    return ["model.safetensors"];
  }
  const number = (value: number) => String(value).padStart(5, "0");
  const names = shards.map((_, i) => `model-${number(i + 1)}-of-${number(shards.length)}.safetensors`);
  for (const [i, shard] of shards.entries()) {
    await writeSafetensors(join(folder, names[i]!), shard, metadata);
  }
  const index = {
    metadata: { total_size: list.reduce((total, tensor) => total + bytes(tensor), 0) },
    weight_map: Object.fromEntries(
      shards.flatMap((shard, i) => shard.map(({ name }) => [name, names[i]!] as const)),
    ),
  };
  const indexName = "model.safetensors.index.json";
  await writeTextAtomic(join(folder, indexName), `${JSON.stringify(index, null, 2)}\n`);
  return [...names, indexName];
}

function bytes({ dtype, shape }: NamedTensor): number {
  return sizeOf(shape) * storedBytes[dtype];
}

/** At least one shard, each within `limit` unless it is a single tensor. */
function split(tensors: readonly NamedTensor[], limit: number): NamedTensor[][] {
  const shards: NamedTensor[][] = [[]];
  let filled = 0;
  for (const tensor of tensors) {
    const size = bytes(tensor);
    if (filled > 0 && filled + size > limit) {
      shards.push([]);
      filled = 0;
    }
    shards.at(-1)!.push(tensor);
    filled += size;
  }
  return shards;
}
