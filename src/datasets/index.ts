import { isAbsolute, join } from "node:path";
import { fail } from "../core/index.ts";
import { progress } from "../files/progress.ts";
import { knownAnswerCount } from "./answer-list.ts";
import type { FormName, PictureDataset } from "./contracts.ts";
import type { DataUse, PictureDecoder } from "./data-use.ts";
import {
  answers,
  emojiWorld,
  loadSprites,
  type Sprites,
  splitSizes,
  trainingText,
} from "./emoji-world/index.ts";
import { type FilesConfig, hasSeveralAnnotators } from "./files-config.ts";
import { filesDataset } from "./files-dataset.ts";
import { type MixtureOrder, mixture } from "./mixture.ts";
import { type PreparedFiles, prepareFiles } from "./prepare-files.ts";
import { requireFolders } from "./require-folders.ts";
import { partsByRole } from "./split-parts.ts";
import { storedDataset } from "./stored-dataset.ts";

/** A data set as a recipe names it, or several drawn from together. */
export type DatasetConfig = EmojiWorldConfig | FilesConfig | MixtureConfig;

/** Data sets that are trained on together; what `order` says is told in `mixture.ts`. */
export interface MixtureConfig {
  readonly kind: "mixture";
  readonly order: MixtureOrder["order"];
  /** The folder that roots of sources are relative to. */
  readonly root?: string | undefined;
  /** `ratio` is needed by, and only by, the order "ratio". */
  readonly sources: readonly {
    readonly data: EmojiWorldConfig | FilesConfig;
    readonly ratio?: number | undefined;
  }[];
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
export type PreparedDataset =
  | { readonly kind: "emoji-world"; readonly config: EmojiWorldConfig; readonly sprites: Sprites }
  | PreparedFiles
  | {
      readonly kind: "mixture";
      readonly order: MixtureOrder;
      readonly sources: readonly PreparedDataset[];
    };

/** Loads what is slow to load and finds out what has to be known once. @throws BifocalError when the data is not there. */
export async function prepareDataset(config: DatasetConfig, use: DataUse): Promise<PreparedDataset> {
  switch (config.kind) {
    case "emoji-world":
      return { kind: "emoji-world", config, sprites: await loadSprites() };
    case "files":
      requireFolders([config]);
      return prepareFiles(config, use);
    case "mixture": {
      requireFolders(sourcesOf(config).filter((source) => source.kind === "files"));
      const sources: PreparedDataset[] = [];
      for (const source of sourcesOf(config)) sources.push(await prepareDataset(source, use));
      const ratios = config.sources.map(({ ratio = 0 }) => ratio);
      return { kind: "mixture", order: { order: config.order, ratios }, sources };
    }
  }
}

/** The sources of a mixture with their whole roots. */
function sourcesOf({ root, sources }: MixtureConfig): (EmojiWorldConfig | FilesConfig)[] {
  return sources.map(({ data }) => {
    if (root === undefined || data.kind !== "files" || isAbsolute(data.root ?? "")) return data;
    return { ...data, root: join(root, data.root ?? data.name) };
  });
}

/** Opens what `prepareDataset` made ready, in any thread. */
export function openDataset(prepared: PreparedDataset, decoder: PictureDecoder): PictureDataset {
  switch (prepared.kind) {
    case "emoji-world":
      return worldOf(prepared.sprites, prepared.config);
    case "files":
      return filesDataset(prepared, decoder);
    case "mixture":
      return mixture(
        prepared.sources.map((source) => openDataset(source, decoder)),
        prepared.order,
      );
  }
}

function worldOf(sprites: Sprites, { seed, concepts, augment = true }: EmojiWorldConfig): PictureDataset {
  return emojiWorld(sprites, seed, concepts, augment);
}

/** Examples read for words, of a data set in files. */
const examplesForWords = 50_000;

/** Text of the training split to learn a vocabulary from; `open` opens a data set in files. */
export async function textOf(
  config: DatasetConfig,
  open: (config: FilesConfig) => Promise<PictureDataset>,
): Promise<string[]> {
  const texts: string[] = [];
  const sources = config.kind === "mixture" ? sourcesOf(config) : [config];
  requireFolders(sources.filter((source) => source.kind === "files"));
  for (const source of sources) {
    const said =
      source.kind === "emoji-world"
        ? trainingText(2000, source.seed, source.concepts)
        : await wordsOf(await open(source));
    for (const text of said) texts.push(text);
  }
  return texts;
}

/** What examples spread over the training split say. */
async function wordsOf({ name, splits, forms }: PictureDataset): Promise<string[]> {
  const read = Object.entries(textsOfForm).find(([form]) => forms[form as FormName] !== undefined)?.[1];
  if (read === undefined) {
    fail("config", name, {
      expected: "texts to learn a vocabulary from",
      got: "pictures alone",
      todo: "name a tokenizer: model.text.tokenizer",
    });
  }
  const size = splits.train ?? 0;
  const n = Math.min(size, examplesForWords);
  const texts: string[] = [];
  const bar = progress({ label: `words of ${name}`, total: n, unit: "examples" });
  for (let i = 0; i < n; i++) {
    texts.push(...(await read(forms, Math.floor((i * size) / n))));
    bar.update(i + 1);
  }
  bar.finish();
  return texts;
}

type TextsOf = (forms: PictureDataset["forms"], index: number) => Promise<readonly string[]>;

const textsOfForm: Readonly<Partial<Record<FormName, TextsOf>>> = {
  captions: async (forms, index) => (await forms.captions!("train", index)).captions,
  questions: async (forms, index) =>
    (await forms.questions!("train", index, 1)).questions.map(({ question }) => question),
  statements: async (forms, index) => [(await forms.statements!("train", index)).question],
  hypotheses: async (forms, index) => [(await forms.hypotheses!("train", index)).question],
  references: async (forms, index) => [(await forms.references!("train", index)).expression],
  memes: async (forms, index) => [(await forms.memes!("train", index)).text],
  sentences: async (forms, index) => (await forms.sentences!("train", index)).sentences,
  texts: async (forms, index) => [await forms.texts!("train", index)],
  // A model of pictures and texts has words though only its pictures are read.
  classes: async (forms, index) => [(await forms.classes!("train", index)).label],
};

/** The answers to its questions, where they are the same for all who use it; undefined for files. */
export function closedAnswersOf(config: DatasetConfig): readonly string[] | undefined {
  const sources = config.kind === "mixture" ? config.sources.map(({ data }) => data) : [config];
  return sources.every(({ kind }) => kind === "emoji-world") ? answers : undefined;
}

/** How many answers there will be, undefined where the data itself must be read to know. */
export async function answerCount(config: DatasetConfig): Promise<number | undefined> {
  const closed = closedAnswersOf(config);
  if (closed !== undefined) return closed.length;
  return config.kind === "files" ? knownAnswerCount(config) : undefined;
}

/** Whether answers are weighed by how many annotators gave them. */
export function answersAreWeighed(config: DatasetConfig): boolean {
  const sources = config.kind === "mixture" ? config.sources.map(({ data }) => data) : [config];
  return sources.some((source) => source.kind === "files" && hasSeveralAnnotators(source));
}

/** The splits that a run of this data can name, before anything is opened. */
export function splitNamesOf(config: DatasetConfig): readonly string[] {
  switch (config.kind) {
    case "emoji-world":
      return Object.keys(splitSizes);
    case "files":
      return Object.keys(partsByRole(Object.keys(storedDataset(config.name).splits), config.splits));
    case "mixture":
      return [...new Set(config.sources.flatMap(({ data }) => splitNamesOf(data)))];
  }
}
