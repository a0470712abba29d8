/** Checkpoints as their authors' code leaves them, told apart by their tensors. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fail } from "../core/errors.ts";
import { openWeights } from "../files/open-weights.ts";
import { weightsOf } from "../files/weights-of.ts";
import type { Family } from "../models/published/class.ts";
import { type Original, originalConfig } from "../models/published/original.ts";
import type { ShapeOf } from "../models/published/original-towers.ts";
import { originals } from "../models/published/originals.ts";

/** A checkpoint's family with the config.json that it would have as a folder. */
export interface OriginalFile {
  readonly config: Readonly<Record<string, unknown>>;
  readonly family: Family;
}

const endings = [".ckpt", ".pt", ".pth"];

/** Whether `path` says of itself that it is a checkpoint of PyTorch. */
export function isCheckpointName(path: string): boolean {
  return endings.some((ending) => path.endsWith(ending));
}

/** Whether `path` is a checkpoint, or a folder that has one and no config.json that would say of what. */
export async function isCheckpoint(path: string): Promise<boolean> {
  if (existsSync(join(path, "config.json"))) return false;
  const names = await readdir(path).catch(() => []);
  return isCheckpointName(path) || names.some(isCheckpointName);
}

/** Opens a checkpoint, or the one in a folder. @throws BifocalError when it is of no model that Bifocal knows. */
export async function openOriginal(path: string): Promise<OriginalFile> {
  const file = await openWeights(path);
  try {
    const { tensors } = weightsOf(file);
    const found = Object.entries(originals).find(([, { marks }]) => marks.every((mark) => tensors.has(mark)));
    if (found === undefined) {
      const names = [...tensors.keys()];
      return fail("checkpoint", path, {
        expected: `the weights of ${Object.values(originals).map(describe).join(", or of ")}`,
        got:
          names.length === 0 ? "no tensors" : `${names.slice(0, 3).join(", ")}, of ${names.length} tensors`,
        todo: "give a folder with config.json and weights for models in the layout of transformers",
      });
    }
    const [type, original] = found;
    const content = "content" in file ? file.content : undefined;
    const config = originalConfig(type, hyperparametersOf(content, path));
    return { config, family: original.family((name) => tensors.get(name)?.shape) };
  } finally {
    await file.close();
  }
}

/** The family that a folder's config.json names, if it is of an original, for the weights beside it. */
export async function originalFamily(type: unknown, folder: string): Promise<Family | undefined> {
  if (typeof type !== "string" || !Object.hasOwn(originals, type)) return undefined;
  const file = await openWeights(folder);
  try {
    const { tensors } = weightsOf(file);
    const shapeOf: ShapeOf = (name) => tensors.get(name)?.shape;
    return originals[type]!.family(shapeOf);
  } finally {
    await file.close();
  }
}

function describe({ className, marks }: Original): string {
  return `${className} (${marks.join(" and ")})`;
}

/** What Lightning stored of the model's arguments. */
function hyperparametersOf(content: unknown, path: string): unknown {
  const hyperparameters = memberOf(memberOf(content, "hyper_parameters"), "config");
  if (hyperparameters === undefined) return undefined;
  try {
    return JSON.parse(JSON.stringify(hyperparameters));
  } catch (cause) {
    return fail("checkpoint", `${path}, hyper_parameters.config`, {
      expected: "what JSON can hold",
      got: (cause as Error).message,
    });
  }
}

function memberOf(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}
