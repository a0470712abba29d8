import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { findPublished } from "../checkpoints/find-published.ts";
import { fail } from "../core/errors.ts";
import { readTokenizer } from "../data/tokenizers/read-tokenizer.ts";
import { needForm, type PictureDataset } from "../datasets/contracts.ts";
import { closedAnswersOf } from "../datasets/index.ts";
import { saveAnswers, saveTokenizer, tokenizerPath, type WritableRun } from "../files/run-folder.ts";
import { broadcastJson, type Communicator } from "../parallel/communicator.ts";
import { batchPlan, choosesAnswers, reservedRows } from "../tasks/index.ts";
import { learnTokenizer, openSource, prepareSource } from "../tasks/source.ts";
import type { Sizes } from "../tasks/task.ts";
import { rowsOfEach } from "./across-ranks.ts";
import { assemble, sizesOf } from "./assemble.ts";
import type { RunConfig } from "./config.ts";
import { groupParameters } from "./groups.ts";
import { createStore } from "./parameter-store.ts";
import { requireExamples } from "./require-examples.ts";

/** All of a run that exists before its first number: data, sizes, model, heads, groups and empty memory for weights. */
export type PreparedRun = Awaited<ReturnType<typeof prepareRun>>;

/**
 * Stores the tokenizer in the run on the way; the rank that has the run finds it for all. `own` is of the rows of this rank.
 * @throws BifocalError when data, tokenizer and configuration do not fit each other.
 */
export async function prepareRun(
  run: WritableRun | undefined,
  config: RunConfig,
  from: string | undefined,
  ranks: Communicator,
) {
  const batch = rowsOfEach(config, ranks);
  const tokenizer = await broadcastJson(ranks, run && (await tokenizerOf(run, config, from)));
  const prepared = await prepareSource(config.data, tokenizer);
  const source = openSource(prepared);
  requireExamples(source.dataset.splits, config.data.kind);
  const sizes = sizesOf(config, source.dataset.answers.length);
  const plan = batchPlan(config.task, sizes);
  for (const asked of plan.also === undefined ? [plan.form] : [plan.form, plan.also]) {
    needForm(source.dataset, asked, `task ${config.task.kind}`);
  }
  requireQuestions(config.task, source.dataset);
  const { vocab } = source.tokenizer;
  const reserved = reservedRows(config.task, config.train);
  if (vocab + reserved > config.model.text.vocab) {
    fail("config", "model.text.vocab", {
      expected: `at least ${vocab + reserved}${reserved === 0 ? "" : `, ${reserved} of them for hidden spans`}`,
      got: String(config.model.text.vocab),
    });
  }
  if (run !== undefined) {
    await saveTokenizer(run, prepared.tokenizer);
    if (choosesAnswers(config.task) && closedAnswersOf(config.data) === undefined)
      await saveAnswers(run, source.dataset.answers);
  }
  const whole = partsOf(config, sizes);
  const own = ranks.size === 1 ? whole : partsOf(config, { ...sizes, batch });
  const { parameters } = own;
  const groups = groupParameters(parameters, config.train);
  const store = createStore(parameters, groups, config.train.ema !== undefined);
  return { prepared, source, whole, own, parameters, groups, store };
}

/** @throws BifocalError when the task asks more of a picture than the data set has. */
function requireQuestions(task: RunConfig["task"], { name, questionsPerImage }: PictureDataset): void {
  if (task.kind !== "vqa" || task.questionsPerImage <= (questionsPerImage ?? Number.POSITIVE_INFINITY))
    return;
  fail("config", "task.questionsPerImage", {
    expected: `at most ${questionsPerImage}, what an example of ${name} has`,
    got: `${task.questionsPerImage}`,
  });
}

function partsOf(config: RunConfig, sizes: Sizes) {
  return { sizes, plan: batchPlan(config.task, sizes), ...assemble(config, sizes) };
}

/** The text of a tokenizer.json: the run's own, that of the run to start from, the text tower's published one, or one learned from the data's own text. */
async function tokenizerOf(run: WritableRun, config: RunConfig, from: string | undefined): Promise<string> {
  const folder = existsSync(tokenizerPath(run)) ? run.path : from;
  if (folder === undefined) return newTokenizer(config);
  return readFile(join(folder, "tokenizer.json"), "utf8").catch((cause: Error) =>
    fail("checkpoint", folder, {
      expected: "a finished run with tokenizer.json",
      got: cause.message,
      todo: "check the path",
    }),
  );
}

async function newTokenizer({ model, data, task, train }: RunConfig): Promise<string> {
  const { tokenizer, vocab } = model.text;
  if (tokenizer === undefined) return learnTokenizer(data, vocab - reservedRows(task, train));
  return readTokenizer((await findPublished(tokenizer, false)).folder);
}
