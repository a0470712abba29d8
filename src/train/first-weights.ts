import {
  type Best,
  latestCheckpoint,
  loadCheckpoint,
  recordBest,
  type WritableRun,
} from "../files/run-folder.ts";
import { broadcastJson, type Communicator } from "../parallel/communicator.ts";
import type { RunConfig } from "./config.ts";
import { initializeStore, type ParameterStore } from "./parameter-store.ts";
import type { PreparedRun } from "./prepare-run.ts";
import { fillCodebook, fillTowers } from "./tower-weights.ts";
import { readInto, startFrom } from "./weights.ts";

/** Where a run stands when its loop begins. */
export interface Standing {
  /** Steps done. */
  readonly done: number;
  readonly best: Best | undefined;
}

/**
 * Fills weights and moments: from the newest checkpoint, else from seed and names, then, with `from`, another run's
 * model, then towers' published weights where that run had none.
 */
export async function fillWeights(
  run: WritableRun,
  { store, parameters }: PreparedRun,
  { model, task, train }: RunConfig,
  from: string | undefined,
): Promise<Standing> {
  const done = await latestCheckpoint(run);
  if (done === undefined) {
    initializeStore(store, parameters, train.seed);
    const taken = from === undefined ? [] : await startFrom(from, store, parameters, train.rename);
    await fillTowers(model, store, taken);
    await fillCodebook(task, store);
    store.flat.average?.set(store.flat.weights);
    return { done: 0, best: undefined };
  }
  const { model: weights, optimizer, state } = await loadCheckpoint(run, done);
  try {
    await readInto(weights, store.model(), `${run.path} step ${done}`);
    await readInto(optimizer, store.moments(), `${run.path} step ${done}, moments`);
  } finally {
    await Promise.all([weights.close(), optimizer.close()]);
  }
  // A kill may have come between storing the checkpoint and recording that it is the best.
  const best = (state.best ?? undefined) as Best | undefined;
  if (best !== undefined) await recordBest(run, best);
  return { done, best };
}

/** Gives every rank the weights and moments that rank 0 has, and where the run stands. */
export async function shareStart(
  ranks: Communicator,
  { flat, weights }: ParameterStore,
  standing: Standing | undefined,
): Promise<Standing> {
  const start = await broadcastJson(ranks, standing);
  for (const array of Object.values(flat)) if (array !== undefined) await ranks.broadcast(array);
  for (const array of Object.values(weights)) {
    if (array.buffer !== flat.weights.buffer) await ranks.broadcast(array);
  }
  return { ...start, best: start.best ?? undefined };
}
