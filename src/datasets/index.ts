import type { PictureDataset } from "./contracts.ts";
import { answers, emojiWorld, loadSprites, type Sprites, trainingText } from "./emoji-world/index.ts";

/** A data set as a recipe names it. */
export interface DatasetConfig {
  readonly kind: "emoji-world";
  readonly seed: number;
  /** How many things there are in this world: 8 to 32, a multiple of 4. */
  readonly concepts: number;
}

/** A data set made ready once per process; it can be sent to other threads. */
export interface PreparedDataset {
  readonly config: DatasetConfig;
  readonly sprites: Sprites;
}

/** Loads what is slow to load. @throws BifocalError when the data is not there. */
export async function prepareDataset(config: DatasetConfig): Promise<PreparedDataset> {
  return { config, sprites: await loadSprites() };
}

/** Opens what `prepareDataset` loaded, in any thread; reads no file. */
export function openDataset({ config, sprites }: PreparedDataset): PictureDataset {
  return emojiWorld(sprites, config.seed, config.concepts);
}

/** Text of the training split to learn a vocabulary from. */
export function textOf(config: DatasetConfig): Iterable<string> {
  return trainingText(2000, config.seed, config.concepts);
}

/** The closed set of answers to its questions, known without the data. */
export function answersOf(_: DatasetConfig): readonly string[] {
  return answers;
}
