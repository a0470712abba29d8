import { existsSync } from "node:fs";
import { join } from "node:path";
import { fail } from "../core/errors.ts";
import type { RunConfig } from "./config.ts";
import { type TrainOptions, type TrainResult, train } from "./trainer.ts";

/** What this process did for one stage, and its run folder. */
export interface StageResult extends TrainResult {
  readonly name: string;
  readonly path: string;
}

/**
 * Trains stages one after the other in "stage-1", "stage-2" of the folder `out`, each from the model and tokenizer of
 * the one before, the first from `from`. Returns the stages that have begun; the last is unfinished when the signal came.
 * @throws BifocalError when `out` holds a run or, without `resume`, stages.
 */
export async function trainStages(
  stages: readonly RunConfig[],
  { out, from, ...options }: Omit<TrainOptions, "config">,
): Promise<StageResult[]> {
  const folders = stages.map((_, i) => join(out, `stage-${i + 1}`));
  const isFirst = (options.ranks?.rank ?? 0) === 0;
  const present = ["config.json", ...(options.resume ? [] : folders.map((_, i) => `stage-${i + 1}`))].find(
    (name) => existsSync(join(out, name)),
  );
  if (isFirst && present !== undefined) {
    fail("usage", out, {
      expected: "a new or empty folder for a run of several stages",
      got: `a folder with ${present}`,
      todo:
        present === "config.json" ? "choose another --out" : "continue with --resume or choose another --out",
    });
  }
  const results: StageResult[] = [];
  for (const [i, config] of stages.entries()) {
    if (isFirst) process.stderr.write(`stage ${i + 1} of ${stages.length}: ${config.name}\n`);
    const path = folders[i]!;
    const result = await train({ ...options, config, out: path, from: i === 0 ? from : folders[i - 1]! });
    results.push({ ...result, name: config.name, path });
    if (!result.finished) break;
  }
  return results;
}
