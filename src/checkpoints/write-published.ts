import { join } from "node:path";
import { writeTextAtomic } from "../files/atomic.ts";
import type { NamedTensor } from "../files/safetensors.ts";
import { writeSharded } from "../files/write-sharded.ts";

/** 5 GB, as the Python library cuts. */
const maxShardBytes = 5e9;

const torchNames = { f32: "float32", f16: "float16", bf16: "bfloat16" } as const;

/** Writes config.json and weights into a folder that is there, as the Python library reads them; returns the files' names. */
export async function writePublished(
  folder: string,
  config: Readonly<Record<string, unknown>>,
  tensors: readonly NamedTensor[],
  dtype: keyof typeof torchNames,
): Promise<string[]> {
  const stored = { ...config, dtype: torchNames[dtype] };
  await writeTextAtomic(join(folder, "config.json"), `${JSON.stringify(stored, null, 2)}\n`);
  return ["config.json", ...(await writeSharded(folder, tensors, { maxShardBytes, dtype }))];
}
