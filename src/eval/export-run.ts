import { existsSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { exportTower, type TrainedTower } from "../checkpoints/export-tower.ts";
import { writeFolderAtomic, writeTextAtomic } from "../files/atomic.ts";
import type { RunFolder } from "../files/run-folder.ts";
import { openSafetensors } from "../files/safetensors.ts";
import { writeSharded } from "../files/write-sharded.ts";
import type { ModelConfig } from "../models/index.ts";
import type { OpenedRun } from "./open-run.ts";

/** Names of the folders and files an export wrote. */
export interface Exported {
  readonly files: readonly string[];
  /** Towers written in their published layout too; others have no published class. */
  readonly towers: readonly ("image" | "text")[];
}

/**
 * Writes what using a run needs into a new folder `out`: configuration, tokenizer, all weights in one model.safetensors
 * under our names; and every tower that came from a published model, in `image` and `text`, as the Python library
 * reads it. @throws BifocalError when weights are missing or `out` exists.
 */
export async function exportRun(
  { path, config: stored }: RunFolder,
  { config, weightsPath }: OpenedRun,
  out: string,
  dtype: "f32" | "f16" | "bf16",
): Promise<Exported> {
  const weights = await readAll(weightsPath);
  const kept = ["tokenizer.json", "answers.json"].filter((name) => existsSync(join(path, name)));
  const files = ["config.json", ...kept];
  const towers = towersOf(config.model, weights);
  await writeFolderAtomic(out, async (folder) => {
    await writeTextAtomic(join(folder, "config.json"), `${JSON.stringify(stored, null, 2)}\n`);
    for (const name of kept) await copyFile(join(path, name), join(folder, name));
    const tensors = Object.entries(weights).map(([name, tensor]) => ({
      name,
      dtype: "f32" as const,
      ...tensor,
    }));
    files.push(...(await writeSharded(folder, tensors, { maxShardBytes: Number.POSITIVE_INFINITY, dtype })));
    for (const tower of towers) {
      await exportTower(tower, join(folder, tower.kind), dtype);
    }
  });
  return { files, towers: towers.map(({ kind }) => kind) };
}

type Weights = Readonly<Record<string, { readonly shape: readonly number[]; readonly data: Float32Array }>>;

async function readAll(path: string): Promise<Weights> {
  const file = await openSafetensors(path);
  try {
    const weights: Record<string, Weights[string]> = {};
    for (const [name, { shape }] of file.tensors) {
      weights[name] = { shape, data: (await file.read(name)) as Float32Array };
    }
    return weights;
  } finally {
    await file.close();
  }
}

function towersOf({ image, text }: ModelConfig, weights: Weights): TrainedTower[] {
  const under = (part: string) =>
    Object.fromEntries(
      Object.entries(weights).flatMap(([name, { data }]) =>
        name.startsWith(part) ? [[name.slice(part.length), data]] : [],
      ),
    );
  const towers: TrainedTower[] = [];
  if (image.from !== undefined) {
    towers.push({ kind: "image", config: { ...image, from: image.from }, weights: under("model.image.") });
  }
  if (text.from !== undefined) {
    towers.push({ kind: "text", config: { ...text, from: text.from }, weights: under("model.text.") });
  }
  return towers;
}
