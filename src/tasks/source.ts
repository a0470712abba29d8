import { loadTokenizer } from "../data/tokenizers/tokenizer.ts";
import { wordPieceTokenizerJson } from "../data/tokenizers/wordpiece-json.ts";
import { trainWordPiece } from "../data/tokenizers/wordpiece-vocabulary.ts";
import type { TransformConfig } from "../data/transform-config.ts";
import type { PictureDataset } from "../datasets/contracts.ts";
import type { DataUse } from "../datasets/data-use.ts";
import {
  answerCount,
  type DatasetConfig,
  openDataset,
  type PreparedDataset,
  prepareDataset,
  textOf,
} from "../datasets/index.ts";
import { normalizeAnswer } from "../metrics/vqa-answer.ts";
import { choosesAnswers, type TaskConfig } from "./index.ts";
import { pictureDecoder } from "./picture-decoder.ts";
import type { Source } from "./task.ts";

/** Where examples come from, and what happens to pictures in files on their way. */
export type DataConfig = DatasetConfig & { readonly transform?: TransformConfig | undefined };

/** Data set and tokenizer in a form that can be sent to other threads. */
export interface PreparedSource {
  readonly dataset: PreparedDataset;
  readonly transform: TransformConfig | undefined;
  /** Text of a Hugging Face tokenizer.json. */
  readonly tokenizer: string;
}

/** What a data set is opened for; see `DataUse`. */
export type SourceUse = Omit<DataUse, "normalizeAnswer">;

/** Data to train on: the splits that learn and select. */
export const forTraining: SourceUse = { splits: ["train", "val"], training: true };

/** Finds out once what every thread needs to open the data. @throws BifocalError when the data is not there. */
export function prepareData(config: DataConfig, use: SourceUse): Promise<PreparedDataset> {
  return prepareDataset(config, { ...use, normalizeAnswer });
}

/** Opens prepared data in any thread. */
export function openData(prepared: PreparedDataset, transform: TransformConfig | undefined): PictureDataset {
  return openDataset(prepared, pictureDecoder(transform));
}

/** Learns a WordPiece vocabulary of at most `vocab` entries from the data set's own training text. */
export async function learnTokenizer(config: DataConfig, vocab: number): Promise<string> {
  const use = { splits: ["train"], training: false, answers: [], quiet: true };
  const open = async (files: DataConfig) => openData(await prepareData(files, use), undefined);
  return wordPieceTokenizerJson(trainWordPiece(await textOf(config, open), { vocab }));
}

/** Done again in every thread: neither a native tokenizer nor a data set's functions can be sent. */
export function openSource({ dataset, transform, tokenizer }: PreparedSource): Source {
  return { dataset: openData(dataset, transform), tokenizer: loadTokenizer(tokenizer) };
}

/**
 * Loads once what every thread needs; `tokenizer` is the text of a tokenizer.json.
 * @throws BifocalError when the data is not there.
 */
export async function prepareSource(config: DataConfig, tokenizer: string): Promise<PreparedSource> {
  return { dataset: await prepareData(config, forTraining), transform: config.transform, tokenizer };
}

/** How many answers the task chooses from: known from the configuration where it can be, else read from the data. */
export async function countAnswers(task: TaskConfig, data: DataConfig): Promise<number> {
  if (!choosesAnswers(task)) return 0;
  const known = await answerCount(data);
  if (known !== undefined) return known;
  const prepared = await prepareData(data, forTraining);
  return openData(prepared, undefined).answers.length;
}

/** Whether a training picture differs from one time to the next. */
export function variesPictures(config: DataConfig): boolean {
  const { crop, flip = 0, randAugment } = config.transform ?? {};
  const isTransformed = crop !== undefined || flip > 0 || randAugment !== undefined;
  const sources = config.kind === "mixture" ? config.sources.map(({ data }) => data) : [config];
  return sources.some((source) => (source.kind === "emoji-world" ? (source.augment ?? true) : isTransformed));
}
