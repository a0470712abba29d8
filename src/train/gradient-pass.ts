import { availableParallelism } from "node:os";
import type { Backend } from "../backends/backend.ts";
import { allocate } from "../core/dtype.ts";
import { fail } from "../core/errors.ts";
import { foldKey } from "../core/rng.ts";
import { sizeOf } from "../core/shape.ts";
import { type Loader, openLoader } from "../data/loader.ts";
import type { Communicator } from "../parallel/communicator.ts";
import type { BatchWorkerSetup } from "../tasks/batch-worker.ts";
import { meanOfRanks } from "./across-ranks.ts";
import type { RunConfig } from "./config.ts";
import { deviceStore } from "./device-store.ts";
import { firstNonFinite } from "./diagnose.ts";
import { frozenAt, thawedAt } from "./freeze.ts";
import { learningAt } from "./groups.ts";
import type { PreparedRun } from "./prepare-run.ts";
import { bindSharedStep, sharedGraphs } from "./shared-step.ts";
import { bindStep, trainGraph } from "./step.ts";
import { openStoredFeatures } from "./stored-features.ts";

/** Computes the gradients of step after step. */
export interface GradientPass {
  /** Leaves the sum of the gradients of all passes of step `step` (from 0) on all ranks in the store; returns mean loss and metrics. */
  run(step: number): Promise<Record<string, number>>;
  /** Seconds spent waiting for batches so far. */
  waited(): number;
  close(): Promise<void>;
}

const batchesAhead = 3;

/**
 * Threads that make batches: one draws Emoji World faster than any model learns, and reads some 250 picture files a
 * second; half of the processors, shared by the ranks, read as many as four batches in the making need.
 */
function loaderThreads({ data }: RunConfig, ranks: number): number {
  if (data.kind === "emoji-world") return 1;
  return Math.max(1, Math.min(batchesAhead + 1, Math.floor(availableParallelism() / 2 / ranks)));
}

/** Opens the loader at step `first` and compiles the training graph, and again where something begins to learn. */
export async function openGradientPass(
  backend: Backend,
  config: RunConfig,
  prepared: PreparedRun,
  first: number,
  ranks: Communicator,
): Promise<GradientPass> {
  const { own, store, groups, source } = prepared;
  const { seed, accumulate, freeze, recompute, cacheFeatures } = config.train;
  const loader = loaderOf(config, prepared, first * accumulate, ranks);
  const compile = async (step: number) => {
    const given = [own.task.loss, own.plan.types, learningAt(groups, step), frozenAt(freeze, step)] as const;
    if (ranks.size > 1) {
      const graphs = sharedGraphs(...given, { rank: ranks.rank, ranks: ranks.size }, recompute);
      return { bound: await bindSharedStep(backend, graphs, store, loader.slots, ranks) };
    }
    const graph = trainGraph(...given, recompute);
    const features =
      cacheFeatures &&
      (await openStoredFeatures(backend, graph, config.train, store.weights, source.dataset.splits.train!));
    const slots = loader.slots.map((slot) => ({ ...slot, ...features?.arrays }));
    return { graph, features, bound: await bindStep(backend, features?.step ?? graph, store, slots) };
  };
  let { graph, features, bound } = await compile(first);
  const { gradients } = store.flat;
  const device = deviceStore(backend, store);
  const sum = accumulate > 1 ? new Float32Array(gradients.length) : undefined;
  let waited = 0;

  return {
    run: async (step) => {
      const thawed = thawedAt(freeze, step);
      if (thawed.length > 0 && step !== first) {
        if (ranks.rank === 0)
          process.stderr.write(`step ${step + 1}: ${thawed.join(", ")} learns from here on\n`);
        ({ graph, features, bound } = await compile(step));
      }
      const means: Record<string, number> = {};
      for (let pass = 0; pass < accumulate; pass++) {
        const asked = performance.now();
        const { slot, release } = await loader.next();
        waited += performance.now() - asked;
        const key = foldKey(seed, "step", step, pass);
        await features?.fill(loader.slots[slot]!);
        const outputs = await bound.run(slot, key);
        if (!Number.isFinite(outputs.loss)) {
          if (graph === undefined) notFinite(step, `the loss of rank ${ranks.rank}`);
          const keyArray = allocate("i32", 1);
          keyArray[0] = key;
          const leaves = { ...loader.slots[slot], ...store.weights, key: keyArray };
          notFinite(step, (await firstNonFinite(backend, graph, leaves)) ?? "the loss");
        }
        release();
        for (const [name, value] of Object.entries(outputs)) {
          means[name] = (means[name] ?? 0) + value / accumulate;
        }
        if (sum === undefined) continue;
        device.fetchGradients();
        if (pass === 0) sum.set(gradients);
        else for (let i = 0; i < sum.length; i++) sum[i]! += gradients[i]!;
      }
      if (sum !== undefined) gradients.set(sum);
      else if (ranks.size > 1) device.fetchGradients();
      await ranks.sum(gradients);
      if (sum !== undefined || ranks.size > 1) device.sendGradients();
      return meanOfRanks(ranks, means);
    },
    waited: () => waited / 1000,
    close: () => loader.close(),
  };
}

function loaderOf(
  config: RunConfig,
  { prepared, own: { sizes, plan } }: PreparedRun,
  first: number,
  { rank, size }: Communicator,
): Loader {
  const setup: BatchWorkerSetup = {
    source: prepared,
    task: config.task,
    sizes,
    split: "train",
    training: true,
    seed: config.train.seed,
    rank,
    ranks: size,
  };
  const batch = Object.fromEntries(
    Object.entries(plan.types).map(([name, { dtype, shape }]) => [name, { dtype, size: sizeOf(shape) }]),
  );
  const worker = new URL("../tasks/batch-worker.js", import.meta.url);
  const workers = loaderThreads(config, size);
  return openLoader({ worker, setup, batch, workers, ahead: batchesAhead }, first);
}

/** Stops the run before anything is updated. @throws BifocalError "numeric" always. */
export function notFinite(step: number, where: string): never {
  fail("numeric", `step ${step + 1}`, {
    expected: "finite numbers",
    got: `NaN or infinity, first in ${where}`,
    todo: "lower train.optimizer.lr, raise train.schedule.warmupSteps or set train.optimizer.clip; earlier checkpoints are whole",
  });
}
