import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { assert, BifocalError, fail } from "../core/index.ts";
import {
  isTemporary,
  removeFolderAtomic,
  removeStale,
  writeFolderAtomic,
  writeTextAtomic,
} from "./atomic.ts";
import type { JsonRecord } from "./jsonl.ts";
import { takeLock } from "./lock.ts";
import { type NamedTensor, openSafetensors, type SafetensorsFile, writeSafetensors } from "./safetensors.ts";

/**
 * The folder of one training run:
 *
 *     config.json               everything resolved, written once
 *     environment.json          what computed which steps: backend, library, device, precision
 *     tokenizer.json
 *     metrics.jsonl             and TensorBoard's events.out.tfevents.*
 *     checkpoints/step-N/       model.safetensors, optimizer.safetensors, state.json
 *     best.json                 { step, metric, value }
 *     model.safetensors         when the run is finished
 *     lock                      while a trainer writes
 *
 * Folders of checkpoints are renamed into place when they are complete, so one that has its name is whole.
 */
export interface RunFolder {
  readonly path: string;
  readonly config: JsonRecord;
}

/** A run folder this process alone may write, until `release`. */
export interface WritableRun extends RunFolder {
  release(): Promise<void>;
}

/** What of a run must be stored to continue it exactly. */
export interface CheckpointContents {
  readonly model: Iterable<NamedTensor>;
  readonly optimizer: Iterable<NamedTensor>;
  /** Step, position in the data, seeds: all that is no tensor. */
  readonly state: JsonRecord;
}

/** An open checkpoint: tensors are read on request; close both files. */
export interface Checkpoint {
  readonly step: number;
  readonly model: SafetensorsFile;
  readonly optimizer: SafetensorsFile;
  readonly state: JsonRecord;
}

/** The checkpoint with the best value of the task's primary metric on its selection split. */
export interface Best {
  readonly step: number;
  readonly metric: string;
  readonly value: number;
}

const lockName = "lock";
/** Where a run's scalar history lies. */
export const metricsPath = (run: RunFolder): string => join(run.path, "metrics.jsonl");
/** Where the model lies once the run is finished. */
export const modelPath = (run: RunFolder): string => join(run.path, "model.safetensors");
/** Where the answers lie that a run chooses from, where its data set does not fix them: a list in JSON. */
export const answersPath = (run: RunFolder): string => join(run.path, "answers.json");
/** Where the run's own tokenizer lies. */
export const tokenizerPath = (run: RunFolder): string => join(run.path, "tokenizer.json");
/** Where it is recorded what computed the run. */
export const environmentPath = (run: RunFolder): string => join(run.path, "environment.json");
const checkpointsPath = (run: RunFolder) => join(run.path, "checkpoints");
/** The folder of the checkpoint at `step`, complete if it exists. */
export const checkpointPath = (run: RunFolder, step: number): string =>
  join(checkpointsPath(run), `step-${step}`);

/** Starts a run in a new or empty folder. @throws BifocalError when the folder holds anything or is being written. */
export async function createRunFolder(path: string, config: JsonRecord): Promise<WritableRun> {
  const release = await lock(path);
  try {
    const present = (await readdir(path)).filter((name) => name !== lockName && !isTemporary(name));
    if (present.length > 0) {
      fail("usage", path, {
        expected: "a new or empty folder for a new run",
        got: `a folder with ${present.slice(0, 5).join(", ")}${present.length > 5 ? ", ..." : ""}`,
        todo: present.includes("config.json")
          ? "continue the run there with --resume or choose another --out"
          : "choose another --out",
      });
    }
    await removeStale(path);
    await writeJson(join(path, "config.json"), config);
    await mkdir(join(path, "checkpoints"));
    return { path, config, release };
  } catch (error) {
    await release();
    throw error;
  }
}

/**
 * Takes over a run that was stopped or killed: locks it and deletes half-written files.
 * @throws BifocalError when there is no run or another process writes it.
 */
export async function resumeRunFolder(path: string): Promise<WritableRun> {
  const run = await openRunFolder(path);
  const release = await lock(path);
  try {
    await removeStale(path);
    await mkdir(checkpointsPath(run), { recursive: true }); // a kill may have come between config and folder
    await removeStale(checkpointsPath(run));
    return { ...run, release };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Opens a run for reading, also while it trains. @throws BifocalError when `path` holds no run. */
export async function openRunFolder(path: string): Promise<RunFolder> {
  const config = await readJson(join(path, "config.json"));
  if (config === undefined) {
    fail("usage", path, {
      expected: "a run folder",
      got: "no config.json in it",
      todo: "check the path, or start a new run there without --resume",
    });
  }
  return { path, config };
}

async function lock(path: string): Promise<() => Promise<void>> {
  await mkdir(path, { recursive: true }).catch((cause: Error) =>
    fail("usage", path, { expected: "a folder for the run", got: cause.message, todo: "check the path" }),
  );
  return takeLock(join(path, lockName));
}

/**
 * Stores a checkpoint, then deletes old ones but for the `keep` newest and the best.
 * @throws BifocalError when the machine fails; the earlier checkpoints are then untouched.
 */
export async function saveCheckpoint(
  run: WritableRun,
  step: number,
  contents: CheckpointContents,
  keep: number,
): Promise<void> {
  const steps = await checkpointSteps(run);
  const last = steps.at(-1);
  assert(keep >= 1, `${keep} checkpoints to keep`);
  assert(last === undefined || step > last, `checkpoint ${step} after ${last}`);
  try {
    await writeFolderAtomic(checkpointPath(run, step), async (folder) => {
      await writeSafetensors(join(folder, "model.safetensors"), contents.model);
      await writeSafetensors(join(folder, "optimizer.safetensors"), contents.optimizer);
      await writeJson(join(folder, "state.json"), contents.state);
    });
  } catch (error) {
    if (!(error instanceof BifocalError) || error.fields.code !== "backend") throw error;
    const from =
      last === undefined ? "there is no earlier checkpoint" : `--resume continues from step-${last}`;
    throw new BifocalError({ ...error.fields, todo: `${error.fields.todo}; ${from}` }, error.cause);
  }
  const best = await bestCheckpoint(run);
  const old = [...steps, step].slice(0, -keep).filter((other) => other !== best?.step);
  for (const other of old) await removeFolderAtomic(checkpointPath(run, other));
}

/** Steps of the complete checkpoints, ascending. */
export async function checkpointSteps(run: RunFolder): Promise<number[]> {
  const names = await readdir(checkpointsPath(run)).catch((cause: Error) =>
    fail("checkpoint", checkpointsPath(run), { expected: "a folder of checkpoints", got: cause.message }),
  );
  const steps = names.flatMap((name) => {
    const digits = /^step-(\d+)$/.exec(name)?.[1];
    return digits === undefined ? [] : [Number(digits)];
  });
  return steps.sort((a, b) => a - b);
}

/** The step to resume from; undefined before the first checkpoint. */
export async function latestCheckpoint(run: RunFolder): Promise<number | undefined> {
  return (await checkpointSteps(run)).at(-1);
}

/** Opens a checkpoint. @throws BifocalError "checkpoint" when it is missing or damaged. */
export async function loadCheckpoint(run: RunFolder, step: number): Promise<Checkpoint> {
  const folder = checkpointPath(run, step);
  const steps = await checkpointSteps(run);
  const others = steps.filter((other) => other !== step).join(", ");
  if (!steps.includes(step)) {
    fail("checkpoint", folder, {
      expected: "a checkpoint",
      got: "no such folder",
      todo: `choose one of the steps ${others}`,
    });
  }
  const opened: SafetensorsFile[] = [];
  try {
    for (const name of ["model", "optimizer"]) {
      opened.push(await openSafetensors(join(folder, `${name}.safetensors`)));
    }
    const state = await readJson(join(folder, "state.json"));
    if (state === undefined) fail("checkpoint", folder, { expected: "state.json", got: "no such file" });
    return { step, model: opened[0]!, optimizer: opened[1]!, state };
  } catch (error) {
    for (const file of opened) await file.close();
    if (!(error instanceof BifocalError) || error.fields.code !== "checkpoint") throw error;
    const todo =
      others === "" ? "start the run again" : `delete ${folder} to use another one (steps ${others})`;
    throw new BifocalError({ ...error.fields, todo }, error.cause);
  }
}

/** Marks a complete checkpoint as the best so far; rotation spares it. */
export async function recordBest(run: WritableRun, best: Best): Promise<void> {
  assert((await checkpointSteps(run)).includes(best.step), `the best step ${best.step} has no checkpoint`);
  await writeJson(join(run.path, "best.json"), { ...best });
}

/** What `recordBest` last recorded. */
export async function bestCheckpoint(run: RunFolder): Promise<Best | undefined> {
  const path = join(run.path, "best.json");
  const json = await readJson(path);
  if (json === undefined) return undefined;
  const { step, metric, value } = json;
  if (typeof step !== "number" || typeof metric !== "string" || typeof value !== "number") {
    fail("checkpoint", path, { expected: "step, metric and value", got: JSON.stringify(json) });
  }
  return { step, metric, value };
}

/** What computed the run, an entry for each change; none where it was not recorded. */
export async function readEnvironments(run: RunFolder): Promise<readonly JsonRecord[]> {
  const { computed } = (await readJson(environmentPath(run))) ?? { computed: [] };
  return Array.isArray(computed) ? (computed as JsonRecord[]) : [{ computed: computed ?? null }];
}

/** Replaces that record. @throws BifocalError when the machine fails. */
export async function saveEnvironments(run: WritableRun, computed: readonly JsonRecord[]): Promise<void> {
  await writeJson(environmentPath(run), { computed: [...computed] });
}

/** Stores the finished model at the root of the run. @throws BifocalError when the machine fails. */
export async function saveModel(run: WritableRun, tensors: Iterable<NamedTensor>): Promise<void> {
  await writeSafetensors(modelPath(run), tensors);
}

/** Stores the tokenizer, so that the run can be used without its data. @throws BifocalError when the machine fails. */
export async function saveTokenizer(run: WritableRun, json: string): Promise<void> {
  await writeTextAtomic(tokenizerPath(run), json);
}

/** Stores the answers a run chooses from, so that it can be used without its data. @throws BifocalError when the machine fails. */
export async function saveAnswers(run: WritableRun, answers: readonly string[]): Promise<void> {
  await writeTextAtomic(answersPath(run), `${JSON.stringify(answers)}\n`);
}

async function writeJson(path: string, value: JsonRecord): Promise<void> {
  const refuseNonFinite = (key: string, inner: unknown) => {
    assert(
      typeof inner !== "number" || Number.isFinite(inner),
      `${key} of ${path} is ${inner}, which JSON lacks`,
    );
    return inner;
  };
  await writeTextAtomic(path, `${JSON.stringify(value, refuseNonFinite, 2)}\n`);
}

/** Undefined where there is no such file. */
async function readJson(path: string): Promise<JsonRecord | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    fail("usage", path, { expected: "a file that can be read", got: String(error) });
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonRecord;
  } catch {
    // falls through to the error below
  }
  fail("checkpoint", path, {
    expected: "a JSON object",
    got: JSON.stringify(text.slice(0, 40)),
    todo: "the file was damaged; restore it from a copy",
  });
}
