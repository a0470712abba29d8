import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fail, nearest } from "../core/errors.ts";
import type { TensorFile } from "../files/tensor-file.ts";
import type { Family, PublishedModel } from "../models/published/class.ts";
import { families } from "../models/published/families.ts";
import { originals } from "../models/published/originals.ts";
import { isCheckpoint, openOriginal, originalFamily } from "./open-original.ts";

/** A folder in the layout of `save_pretrained`, its config.json read; or a checkpoint in its authors' own layout. */
export interface PublishedFolder {
  /** The folder, or the checkpoint's file. */
  readonly folder: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly family: Family;
}

/** Largest config.json that is read, in bytes. */
const largestConfig = 4_000_000;

/**
 * Reads the folder's config.json, or what a checkpoint alone says of itself.
 * @throws BifocalError when it is missing, no JSON object, or of a `model_type` that Bifocal does not know.
 */
export async function openPublished(folder: string): Promise<PublishedFolder> {
  if (await isCheckpoint(folder)) return { folder, ...(await openOriginal(folder)) };
  const path = join(folder, "config.json");
  const config = await readJson(path);
  const type = config.model_type;
  const family =
    typeof type === "string" && Object.hasOwn(families, type)
      ? families[type]
      : await originalFamily(type, folder);
  if (family === undefined) {
    fail("checkpoint", path, {
      expected: `model_type ${[...Object.keys(families), ...Object.keys(originals)].join(", ")}`,
      got: JSON.stringify(type) ?? "none",
      todo: "choose a model of a kind that Bifocal knows",
    });
  }
  return { folder, config, family };
}

/** The class that config.json names, for the tensors in `file`. @throws BifocalError when it is none that Bifocal knows. */
export function publishedModel(
  { folder, config, family }: PublishedFolder,
  file: TensorFile,
): PublishedModel & { readonly className: string } {
  const names = Object.keys(family.classes);
  const { architectures } = config;
  const [named] = Array.isArray(architectures) ? (architectures as unknown[]) : [names[0]];
  if (typeof named !== "string" || !Object.hasOwn(family.classes, named)) {
    fail("checkpoint", `${join(folder, "config.json")}, architectures`, {
      expected: names.join(", "),
      got: JSON.stringify(named) ?? "none",
      todo: `did you mean ${nearest(String(named), names)}?`,
    });
  }
  const holds = (name: string) => file.tensors.has(name) || file.tensors.has(`${family.prefix}.${name}`);
  return { ...family.classes[named]!(config, folder, holds), className: named };
}

async function readJson(path: string): Promise<Record<string, unknown>> {
  const bytes = await readFile(path).catch((cause: Error) =>
    fail("checkpoint", path, {
      expected: "config.json of a published model",
      got: cause.message,
      todo: "check the path",
    }),
  );
  let value: unknown;
  try {
    value = bytes.length <= largestConfig ? JSON.parse(bytes.toString("utf8")) : undefined;
  } catch {
    value = undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    fail("checkpoint", path, { expected: "a JSON object", got: "something else" });
  }
  return value as Record<string, unknown>;
}
