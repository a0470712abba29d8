import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { allocate } from "../core/dtype.ts";
import { fail } from "../core/errors.ts";
import { sizeOf } from "../core/shape.ts";
import { loadTokenizer, type Tokenizer } from "../data/tokenizers/tokenizer.ts";
import { answersOf, openDataset, prepareDataset } from "../datasets/index.ts";
import { bestCheckpoint, checkpointPath, latestCheckpoint, type RunFolder } from "../files/run-folder.ts";
import { openSafetensors } from "../files/safetensors.ts";
import type { Parameter } from "../nn/scope.ts";
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
  const answers = answersOf(config.data);
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

/** Opens the data that a run was trained on. @throws BifocalError when they are not there. */
export async function withData(run: OpenedRun): Promise<RunWithData> {
  const dataset = await openDataset(await prepareDataset(run.config.data));
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
