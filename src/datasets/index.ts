import type { PictureDataset } from "./contracts.ts";
import { answers, emojiWorld, loadSprites, type Sprites, trainingText } from "./emoji-world/index.ts";
import { type MixtureOrder, mixture } from "./mixture.ts";

/** A data set as a recipe names it, or several drawn from together. */
export type DatasetConfig = EmojiWorldConfig | MixtureConfig;

/** Data sets that are trained on together; what `order` says is told in `mixture.ts`. */
export interface MixtureConfig {
  readonly kind: "mixture";
  readonly order: MixtureOrder["order"];
  /** `ratio` is needed by, and only by, the order "ratio". */
  readonly sources: readonly { readonly data: EmojiWorldConfig; readonly ratio?: number | undefined }[];
}

/** Scenes of emoji art, made on demand. */
export interface EmojiWorldConfig {
  readonly kind: "emoji-world";
  readonly seed: number;
  /** How many things there are in this world: 8 to 32, a multiple of 4. */
  readonly concepts: number;
  /** Vary pictures in training: true when absent. */
  readonly augment?: boolean | undefined;
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

/** Opens what `prepareDataset` loaded, in any thread. */
export async function openDataset({ config, sprites }: PreparedDataset): Promise<PictureDataset> {
  if (config.kind === "emoji-world") return worldOf(sprites, config);
  const { order, sources } = config;
  return mixture(
    sources.map(({ data }) => worldOf(sprites, data)),
    { order, ratios: sources.map(({ ratio = 0 }) => ratio) },
  );
}

function worldOf(sprites: Sprites, { seed, concepts, augment = true }: EmojiWorldConfig): PictureDataset {
  return emojiWorld(sprites, seed, concepts, augment);
}

/** Whether a training picture differs from one time to the next. */
export function variesPictures(config: DatasetConfig): boolean {
  if (config.kind === "emoji-world") return config.augment ?? true;
  return config.sources.some(({ data }) => variesPictures(data));
}

/** Text of the training split to learn a vocabulary from. */
export function* textOf(config: DatasetConfig): Iterable<string> {
  const worlds = config.kind === "mixture" ? config.sources.map(({ data }) => data) : [config];
  for (const { seed, concepts } of worlds) yield* trainingText(2000, seed, concepts);
}

/** The closed set of answers to its questions, known without the data. */
export function answersOf(_: DatasetConfig): readonly string[] {
  return answers;
}
