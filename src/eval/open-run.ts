import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { allocate } from "../core/dtype.ts";
import { BifocalError, fail, nearest } from "../core/errors.ts";
import { sizeOf } from "../core/shape.ts";
import { loadTokenizer, type Tokenizer } from "../data/tokenizers/tokenizer.ts";
import { readAnswers } from "../datasets/answer-list.ts";
import { closedAnswersOf, splitNamesOf } from "../datasets/index.ts";
import {
  answersPath,
  bestCheckpoint,
  checkpointPath,
  latestCheckpoint,
  type RunFolder,
} from "../files/run-folder.ts";
import { openSafetensors } from "../files/safetensors.ts";
import type { Parameter } from "../nn/scope.ts";
import { choosesAnswers } from "../tasks/index.ts";
import { openData, prepareData } from "../tasks/source.ts";
import type { Sizes, Source } from "../tasks/task.ts";
import { sizesOf } from "../train/assemble.ts";
import type { RunConfig } from "../train/config.ts";
import { readInto } from "../train/weights.ts";

/** Which weights of a run: those at its end, the best on validation, or the newest stored. */
export type Which = "final" | "best" | "last";

/** A run opened to be used: its words and answers, its sizes and where its weights lie. Its data may be elsewhere. */
export interface OpenedRun {
  readonly config: RunConfig;
  readonly tokenizer: Tokenizer;
  /** What it chooses from, the index is the class. */
  readonly answers: readonly string[];
  readonly sizes: Sizes;
  /** The safetensors file that `loadWeights` reads. */
  readonly weightsPath: string;
  /** "final", or the step of the checkpoint. */
  readonly checkpoint: string;
}

/** A run and the data set it was trained on. */
export interface RunWithData extends OpenedRun {
  readonly source: Source;
}

/**
 * Opens the tokenizer and says where the weights lie; whether a final model is there shows when it is read.
 * @throws BifocalError when the run has no tokenizer or no such checkpoint.
 */
export async function openRun(run: RunFolder, config: RunConfig, which: Which): Promise<OpenedRun> {
  const tokenizer = await readFile(join(run.path, "tokenizer.json"), "utf8").catch(() =>
    fail("checkpoint", run.path, { expected: "tokenizer.json in the run folder", got: "no such file" }),
  );
  const answers = await answersOf(run, config);
  const step = which === "final" ? undefined : await stepOf(run, which);
  if (which !== "final" && step === undefined) {
    fail("checkpoint", run.path, {
      expected: `a ${which} checkpoint`,
      got: "none",
      todo: "train the run first",
    });
  }
  const folder = which === "final" ? run.path : checkpointPath(run, step!);
  return {
    config,
    tokenizer: loadTokenizer(tokenizer),
    answers,
    sizes: sizesOf(config, answers.length),
    weightsPath: join(folder, "model.safetensors"),
    checkpoint: which === "final" ? "final" : `step-${step}`,
  };
}

/** A run's own, as `prepareRun` stored them; none for other tasks, of data in files. */
async function answersOf(run: RunFolder, { task, data }: RunConfig): Promise<readonly string[]> {
  return closedAnswersOf(data) ?? (choosesAnswers(task) ? readAnswers(answersPath(run)) : []);
}

/**
 * Opens splits of the data that a run was trained on, and those of `others` whose files are there. @throws BifocalError
 * when files are missing, and for a split that the data set does not have.
 */
export async function withData(
  run: OpenedRun,
  splits: readonly string[],
  others: readonly string[] = [],
): Promise<RunWithData> {
  const { data } = run.config;
  const prepare = (wanted: readonly string[]) =>
    prepareData(data, { splits: wanted, training: false, answers: run.answers });
  const prepared = await prepare([...splits, ...others]).catch((error: Error) => {
    if (others.length === 0 || !(error instanceof BifocalError) || error.fields.code !== "data") throw error;
    process.stderr.write(`without ${others.join(", ")}: ${error.message}\n`);
    return prepare(splits);
  });
  const dataset = openData(prepared, data.transform);
  for (const split of splits) {
    if (dataset.splits[split] !== undefined) continue;
    const names = splitNamesOf(data);
    fail("usage", "--split", {
      expected: names.join(", "),
      got: split,
      todo: `did you mean ${nearest(split, names)}?`,
    });
  }
  return { ...run, source: { dataset, tokenizer: run.tokenizer } };
}

async function stepOf(run: RunFolder, which: "best" | "last"): Promise<number | undefined> {
  return which === "best" ? (await bestCheckpoint(run))?.step : latestCheckpoint(run);
}

/** The weights of every parameter by name. @throws BifocalError listing missing, unexpected and misshapen names. */
export async function loadWeights(
  path: string,
  parameters: readonly Parameter[],
): Promise<Record<string, Float32Array>> {
  const tensors = parameters.map(({ name, shape }) => ({
    name,
    shape,
    dtype: "f32" as const,
    data: allocate("f32", sizeOf(shape)) as Float32Array,
  }));
  const file = await openSafetensors(path);
  try {
    await readInto(file, tensors, path);
  } finally {
    await file.close();
  }
  return Object.fromEntries(tensors.map(({ name, data }) => [name, data]));
}
