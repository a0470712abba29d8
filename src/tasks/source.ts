import { loadTokenizer } from "../data/tokenizers/tokenizer.ts";
import { wordPieceTokenizerJson } from "../data/tokenizers/wordpiece-json.ts";
import { trainWordPiece } from "../data/tokenizers/wordpiece-vocabulary.ts";
import {
  type DatasetConfig,
  openDataset,
  type PreparedDataset,
  prepareDataset,
  textOf,
} from "../datasets/index.ts";
import type { Source } from "./task.ts";

/** Data set and tokenizer in a form that can be sent to other threads. */
export interface PreparedSource {
  readonly dataset: PreparedDataset;
  /** Text of a Hugging Face tokenizer.json. */
  readonly tokenizer: string;
}

/** Learns a WordPiece vocabulary of at most `vocab` entries from the data set's own training text. */
export async function learnTokenizer(dataset: DatasetConfig, vocab: number): Promise<string> {
  return wordPieceTokenizerJson(trainWordPiece(textOf(dataset), { vocab }));
}

/**
 * Loads once what every thread needs; `tokenizer` is the text of a tokenizer.json.
 * @throws BifocalError when the data is not there.
 */
export async function prepareSource(dataset: DatasetConfig, tokenizer: string): Promise<PreparedSource> {
  return { dataset: await prepareDataset(dataset), tokenizer };
}

/** Done again in every thread: neither a native tokenizer nor a data set's functions can be sent. */
export async function openSource({ dataset, tokenizer }: PreparedSource): Promise<Source> {
  return { dataset: await openDataset(dataset), tokenizer: loadTokenizer(tokenizer) };
}
