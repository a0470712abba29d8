/** Who may write a run folder, and whether what is there is the run that was asked for. */
import { existsSync, statSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fail } from "../core/errors.ts";
import type { JsonRecord, JsonValue } from "../files/jsonl.ts";
import { createRunFolder, metricsPath, resumeRunFolder, type WritableRun } from "../files/run-folder.ts";
import type { RunConfig } from "./config.ts";

/** A run folder locked for this process. */
export interface EnteredRun {
  readonly run: WritableRun;
  /** Made just now: there is nothing to continue. */
  readonly fresh: boolean;
}

/**
 * Creates the folder of a run or, with `resume`, continues what is in it; a run that was killed before it wrote its
 * configuration begins anew.
 * @throws BifocalError when the folder is in use, holds something else, or holds a run of another configuration.
 */
export async function enterRun(
  out: string,
  config: RunConfig,
  from: string | undefined,
  resume: boolean,
): Promise<EnteredRun> {
  const given = JSON.parse(JSON.stringify({ ...config, from: from ?? null })) as JsonRecord;
  if (!resume || !existsSync(join(out, "config.json"))) {
    return { run: await createRunFolder(out, given), fresh: true };
  }
  const run = await resumeRunFolder(out);
  const differing = differences(run.config, given, "");
  if (differing.length > 0) {
    await run.release();
    fail("config", out, {
      expected: "the configuration this run was started with",
      got: `other values\n  ${differing.join("\n  ")}\n`,
      todo: "repeat the settings the run was started with, or choose another --out",
    });
  }
  return { run, fresh: false };
}

/** Empties the folder of a run that failed before its first step, so that the next try finds it as this one did. */
export async function discardUntrained(run: WritableRun): Promise<void> {
  const metrics = metricsPath(run);
  if (existsSync(metrics) && statSync(metrics).size > 0) return;
  for (const name of await readdir(run.path)) {
    const written = [
      "config.json",
      "environment.json",
      "tokenizer.json",
      "answers.json",
      "metrics.jsonl",
      "checkpoints",
    ].includes(name);
    if (written || name.startsWith("events.out.")) await rm(join(run.path, name), { recursive: true });
  }
}

/** One line for every path whose values differ: "train.batch: 64 in the run, 32 given". */
export function differences(
  stored: JsonValue | undefined,
  given: JsonValue | undefined,
  path: string,
): string[] {
  if (isRecord(stored) && isRecord(given)) {
    const keys = [...new Set([...Object.keys(stored), ...Object.keys(given)])];
    return keys.flatMap((key) => differences(stored[key], given[key], path === "" ? key : `${path}.${key}`));
  }
  const [was, is] = [stored, given].map((value) => JSON.stringify(value) ?? "nothing");
  return was === is ? [] : [`${path}: ${was} in the run, ${is} given`];
}

function isRecord(value: JsonValue | undefined): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
