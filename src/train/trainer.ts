import { existsSync } from "node:fs";
import type { Backend } from "../backends/backend.ts";
import { sizeOf } from "../core/shape.ts";
import { progress } from "../files/progress.ts";
import {
  type Best,
  bestCheckpoint,
  modelPath,
  recordBest,
  saveCheckpoint,
  saveModel,
  type WritableRun,
} from "../files/run-folder.ts";
import { openSafetensors } from "../files/safetensors.ts";
import { broadcastJson, type Communicator, oneProcess } from "../parallel/communicator.ts";
import { primaryOf } from "../tasks/index.ts";
import { anyRank, requireSameWeights } from "./across-ranks.ts";
import { adamW } from "./adamw/index.ts";
import type { RunConfig } from "./config.ts";
import { deviceStore } from "./device-store.ts";
import { discardUntrained, enterRun } from "./enter-run.ts";
import { environmentsOf, recordEnvironment, type TrainedBy } from "./environments.ts";
import { fillWeights, shareStart } from "./first-weights.ts";
import { notFinite, openGradientPass } from "./gradient-pass.ts";
import { openLog } from "./log.ts";
import { prepareRun } from "./prepare-run.ts";
import { scheduleFactor } from "./schedule.ts";
import { openValidation } from "./validation.ts";

/** Of all this only `config`, `from` and `backend` decide what numbers come out. */
export interface TrainOptions {
  readonly config: RunConfig;
  /** Run folder: new or empty; with `resume` also one to continue, of this very configuration. */
  readonly out: string;
  readonly resume: boolean;
  /** Folder of a finished run whose model and tokenizer this one starts from. */
  readonly from: string | undefined;
  readonly backend: Backend;
  /** The processes that train this run together, each with its rows of every batch; this one alone when absent. */
  readonly ranks?: Communicator | undefined;
  /** Stops after the step under way, with a checkpoint. */
  readonly signal: AbortSignal;
}

/** What this process did for the run; samples are pictures, shares are in [0, 1]. */
export interface TrainResult {
  readonly steps: number;
  /** Steps that were done before this process began. */
  readonly before: number;
  /** False when the signal came first. */
  readonly finished: boolean;
  /** Training time of this process alone. */
  readonly seconds: number;
  readonly samplesPerSecond: number;
  readonly parameters: number;
  /** Share of the time that the step waited for data. */
  readonly waiting: number;
  readonly best: Best | undefined;
  /** What computed the steps, as the run's folder has it; on rank 0. */
  readonly computed: readonly TrainedBy[];
}

const recordEvery = 10;

/**
 * Trains as the configuration says: gradients, update, validation, checkpoint. Everything random is keyed by seed and
 * step, so a run that was killed and resumed writes the same bits as one that was not. Of several ranks, rank 0 reads
 * and writes the run folder.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const { config, out, resume, from, ranks = oneProcess } = options;
  const entered = ranks.rank === 0 ? await enterRun(out, config, from, resume) : undefined;
  const run = entered?.run;
  try {
    const finished = await broadcastJson(ranks, run && ((await finishedRun(run, config)) ?? null));
    return finished ?? (await trainIn(run, options, ranks));
  } catch (error) {
    if (entered?.fresh) await discardUntrained(entered.run);
    throw error;
  } finally {
    await run?.release();
  }
}

/** The result of a run with nothing left to do; undefined for others. */
async function finishedRun(run: WritableRun, config: RunConfig): Promise<TrainResult | undefined> {
  if (!existsSync(modelPath(run))) return undefined;
  const file = await openSafetensors(modelPath(run));
  const parameters = [...file.tensors.values()].reduce((total, { shape }) => total + sizeOf(shape), 0);
  await file.close();
  const { steps } = config.train;
  const idle = { seconds: 0, samplesPerSecond: 0, waiting: 0 };
  const [best, computed] = [await bestCheckpoint(run), await environmentsOf(run)];
  return { steps, before: steps, finished: true, parameters, best, computed, ...idle };
}

async function trainIn(
  run: WritableRun | undefined,
  { config, from, backend, signal }: TrainOptions,
  ranks: Communicator,
): Promise<TrainResult> {
  const settings = config.train;
  const { steps, batch, accumulate } = settings;
  const prepared = await prepareRun(run, config, from, ranks);
  const { store, parameters } = prepared;
  const own = run && (await fillWeights(run, prepared, config, from));
  const standing = await shareStart(ranks, store, own);
  const before = standing.done;
  const computed = run === undefined ? [] : await recordEnvironment(run, before, backend.environment);
  const device = deviceStore(backend, store);
  const pass = await openGradientPass(backend, config, prepared, before, ranks);
  const log = run && (await openLog(run, before));
  const bar = run && progress({ label: "step", total: steps, from: before });
  const optimizer = await adamW(backend, store, settings.optimizer, settings.ema?.decay);
  try {
    const { source, whole } = prepared;
    const { task, plan, sizes } = whole;
    const validate = await openValidation(backend, task.loss, plan, source, sizes, settings, store, ranks);
    const primary = primaryOf(config.task);
    const began = performance.now();
    const seconds = () => (performance.now() - began) / 1000;
    let { done, best } = standing;
    const samplesPerSecond = () => ((done - before) * batch * accumulate) / seconds();
    let stopped = await anyRank(ranks, signal.aborted);
    const passes = accumulate * ranks.size;

    while (done < steps && !stopped) {
      const values = await pass.run(done);
      const norm = (await optimizer.gradientNorm()) / passes;
      if (!Number.isFinite(norm)) notFinite(done, "the gradients");
      const { clip } = settings.optimizer;
      const clipped = clip === null || norm <= clip ? 1 : clip / norm;
      const lr = settings.optimizer.lr * scheduleFactor(settings.schedule, done, steps);
      await optimizer.update(done, lr, clipped / passes);
      done++;

      if (done % recordEvery === 0 || done === 1 || done === steps) {
        const speed = { samplesPerSecond: samplesPerSecond(), waiting: pass.waited() / seconds() };
        log?.record(done, { ...under("train", values), lr, gradientNorm: norm, ...speed });
      }
      bar?.update(done, { loss: values.loss!, "samples/s": samplesPerSecond(), lr });

      let isBest = false;
      if (done % settings.validation.every === 0 || done === steps) {
        const scores = await validate();
        log?.record(done, under("val", scores));
        const value = scores[primary.metric]!;
        const ahead = primary.better === "higher" ? value - (best?.value ?? 0) : (best?.value ?? 0) - value;
        isBest = best === undefined || ahead > 0;
        if (isBest) best = { step: done, metric: primary.metric, value };
      }
      // Asked once a step: a signal that comes later finds its checkpoint at the end of the next one.
      stopped = await anyRank(ranks, signal.aborted);
      if (isBest || stopped || done === steps || done % settings.checkpoint.every === 0) {
        device.fetch();
        await requireSameWeights(ranks, store, done);
        const state = { step: done, best: best === undefined ? null : { ...best } };
        const contents = { model: store.model(), optimizer: store.moments(), state };
        if (run !== undefined) {
          await saveCheckpoint(run, done, contents, settings.checkpoint.keep);
          if (isBest && best !== undefined) await recordBest(run, best);
        }
      }
    }
    if (done === steps && run !== undefined) await saveModel(run, store.model());
    return {
      steps: done,
      before,
      finished: done === steps,
      seconds: seconds(),
      samplesPerSecond: samplesPerSecond(),
      parameters: parameters.reduce((total, { shape }) => total + sizeOf(shape), 0),
      waiting: pass.waited() / seconds(),
      best,
      computed,
    };
  } finally {
    bar?.finish();
    log?.close();
    await optimizer.close();
    await pass.close();
  }
}

/** The values with "part/" in front of their names. */
function under(part: string, values: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${part}/${name}`, value]));
}
