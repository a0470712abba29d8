/** Towers out of published models: their configuration for a recipe, and their weights for a run. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fail } from "../core/errors.ts";
import { readImageProcessor } from "../data/image-processor.ts";
import type { Colours } from "../models/contracts.ts";
import {
  type ImageTowerConfig,
  imageTower,
  type TextTowerConfig,
  textTower,
} from "../models/encoders/index.ts";
import { type OneTowerConfig, oneTower, type TowerBlocksConfig } from "../models/one-tower.ts";
import { publishedBlocks, towerBlocksOf } from "../models/one-tower.weights.ts";
import type { Rule } from "../models/published/rules.ts";
import { declare, type Parameter } from "../nn/scope.ts";
import { type Filled, fillFrom } from "./fill.ts";
import { findPublished, type PublishedSource } from "./find-published.ts";
import { openPublishedWeights } from "./load-published.ts";
import type { PublishedFolder } from "./open-published.ts";

/** The image tower of a published model with the colours of its image processor. @throws BifocalError when it has none. */
export async function imageTowerOf(published: PublishedFolder): Promise<ImageTowerConfig> {
  const { config } = sourceOf(published, "image");
  const colours = await readColours(published.folder);
  return colours === undefined ? config : { ...config, colours };
}

/** The text tower of a published model with its tokenizer. @throws BifocalError when it has none. */
export function textTowerOf(published: PublishedSource): TextTowerConfig {
  return { ...sourceOf(published, "text").config, tokenizer: published.source };
}

/** The weights that `config.from` names, by names under the tower. @throws BifocalError when they do not fit the tower. */
export async function imageTowerWeights(
  config: ImageTowerConfig & { readonly from: string },
): Promise<Filled> {
  const published = await findPublished(config.from, true);
  const { parameters } = declare((at) => imageTower(at, config));
  return fill(published, sourceOf(published, "image").rules(config), parameters);
}

/** As `imageTowerWeights`; of a word table with more rows than were published, the first ones. */
export async function textTowerWeights(config: TextTowerConfig & { readonly from: string }): Promise<Filled> {
  const published = await findPublished(config.from, true);
  const source = sourceOf(published, "text");
  const known = { ...config, vocab: Math.min(config.vocab, source.config.vocab) };
  const { parameters } = declare((at) => textTower(at, known));
  return fill(published, source.rules(known), parameters);
}

/** The blocks of a published vision or text model, for a model whose words and patches share them. */
export function towerBlocksFrom(published: PublishedFolder): TowerBlocksConfig {
  const { config } = eitherSource(published);
  return towerBlocksOf(config, "model.tower");
}

/** The weights that `tower.from` names, by names under the model. @throws BifocalError when they do not fit. */
export async function towerBlocksWeights(config: OneTowerConfig, from: string): Promise<Filled> {
  const published = await findPublished(from, true);
  const { parameters } = declare((at) => oneTower(at, config));
  const { rules, fills } = publishedBlocks(eitherSource(published), config);
  return fill(
    published,
    rules,
    parameters.filter(({ name }) => fills(name)),
  );
}

/** The image tower of a file that has one, else its text tower. */
function eitherSource(published: PublishedFolder) {
  return published.family.image === undefined ? sourceOf(published, "text") : sourceOf(published, "image");
}

async function fill(published: PublishedFolder, rules: readonly Rule[], parameters: readonly Parameter[]) {
  const file = await openPublishedWeights(published);
  try {
    return await fillFrom(file, rules, parameters, published.family.prefix);
  } finally {
    await file.close();
  }
}

function sourceOf<K extends "image" | "text">({ folder, config, family }: PublishedFolder, kind: K) {
  const open = family[kind];
  if (open === undefined) {
    return fail("config", `model.${kind}`, {
      expected: `a model with a tower for ${kind}s`,
      got: `${folder}, of model_type ${config.model_type}`,
      todo: "choose another model",
    });
  }
  return open(config, folder) as ReturnType<NonNullable<PublishedFolder["family"][K]>>;
}

async function readColours(folder: string): Promise<Colours | undefined> {
  for (const name of ["preprocessor_config.json", "processor_config.json"]) {
    const text = await readFile(join(folder, name), "utf8").catch(() => undefined);
    if (text === undefined) continue;
    const { normalize } = readImageProcessor(parseJson(text, join(folder, name)), join(folder, name)).config;
    return normalize === undefined ? { mean: [0, 0, 0], std: [1, 1, 1] } : (normalize as unknown as Colours);
  }
  return undefined;
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    return fail("checkpoint", where, { expected: "JSON", got: (cause as Error).message });
  }
}
