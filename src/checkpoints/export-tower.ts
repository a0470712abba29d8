import { mkdir } from "node:fs/promises";
import {
  type ImageTowerConfig,
  imageTower,
  type TextTowerConfig,
  textTower,
} from "../models/encoders/index.ts";
import { families } from "../models/published/families.ts";
import type { Rule } from "../models/published/rules.ts";
import { declare } from "../nn/scope.ts";
import { findPublished, type PublishedSource } from "./find-published.ts";
import { publishedTensors } from "./publish.ts";
import { writePublished } from "./write-published.ts";

/** A tower of a run and its weights by names under the tower. */
export type TrainedTower = {
  readonly weights: Readonly<Record<string, Float32Array>>;
} & (
  | { readonly kind: "image"; readonly config: ImageTowerConfig & { readonly from: string } }
  | { readonly kind: "text"; readonly config: TextTowerConfig & { readonly from: string } }
);

/**
 * Writes a tower as the Python library reads it, `config.json` and safetensors, into a new folder: the class that it
 * was taken from, at the depth and picture size it has now.
 */
export async function exportTower(
  tower: TrainedTower,
  folder: string,
  dtype: "f32" | "f16" | "bf16",
): Promise<void> {
  const published = await findPublished(tower.config.from, false);
  const { parameters } =
    tower.kind === "image"
      ? declare((at) => imageTower(at, tower.config))
      : declare((at) => textTower(at, tower.config));
  const config = configOf(tower, published);
  const tensors = publishedTensors(rulesOf(tower, config, folder), parameters, tower.weights);
  await mkdir(folder);
  await writePublished(folder, config, tensors, dtype);
}

/** The rules of a file made for the tower as it is now: tables that were resized on the way in stay as they are. */
function rulesOf(
  tower: TrainedTower,
  config: { readonly model_type?: unknown },
  where: string,
): readonly Rule[] {
  const family = families[config.model_type as string]!;
  return tower.kind === "image"
    ? family.image!(config, where).rules(tower.config)
    : family.text!(config, where).rules(tower.config);
}

/** The tower's own part of its source's config.json with what a recipe can change. */
function configOf(
  { kind, config }: TrainedTower,
  source: PublishedSource,
): Record<string, unknown> & { model_type?: unknown } {
  const part = source.config[kind === "image" ? "vision_config" : "text_config"];
  const own = typeof part === "object" && part !== null ? (part as Record<string, unknown>) : undefined;
  const changed = {
    ...("depth" in config && { num_hidden_layers: config.depth }),
    ...("imageSize" in config && { image_size: config.imageSize }),
    ...("vocab" in config && { vocab_size: config.vocab }),
  };
  if (own === undefined) {
    return { ...source.config, architectures: [Object.keys(source.family.classes)[0]], ...changed };
  }
  const modelType = `${source.config.model_type}_${kind === "image" ? "vision" : "text"}_model`;
  return { ...own, model_type: modelType, ...changed };
}
