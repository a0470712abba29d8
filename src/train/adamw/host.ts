/** AdamW over arrays as they lie in memory, by kernels of our own on every thread. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { threads } from "../../backends/threads.ts";
import type { OptimizerConfig } from "../config.ts";
import { type Optimizer, stepOf } from "../optimizer.ts";
import type { ParameterStore } from "../parameter-store.ts";
import { adamWKernels } from "./kernels.ts";
import { lane, numbersOfGroup, type Pass, type SharedUpdate } from "./lane.ts";

/** Longest the event loop waits for its turn, in milliseconds. */
const patience = 10;

/** Starts the threads; with two, one of them is the caller's. */
export function hostAdamW(
  store: ParameterStore,
  config: OptimizerConfig,
  keepMean: number | undefined,
): Optimizer {
  const { chunks, chunkLength, flat } = store;
  const keys = chunks.map(({ factor, decay, from }) => `${factor} ${decay} ${from}`);
  const names = [...new Set(keys)];
  const groups = names.map((key) => chunks[keys.indexOf(key)]!);
  const shared: SharedUpdate = {
    flat,
    chunkLength,
    groups: Int32Array.from(keys, (key) => names.indexOf(key)),
    numbers: sharedArray(Float64Array, groups.length * numbersOfGroup),
    sums: sharedArray(Float32Array, chunks.length),
    next: sharedArray(Int32Array, 1),
    constants: { ...config, keepMean: keepMean ?? 0 },
  };
  const kernels = adamWKernels();
  const workers = Array.from({ length: Math.min(threads(), chunks.length) - 1 }, () => {
    const worker = new Worker(new URL("./worker.js", import.meta.url), { workerData: shared });
    worker.unref();
    return worker;
  });
  const run = async (pass: Pass) => {
    shared.next[0] = 0;
    const others = workers.map(async (worker) => {
      worker.ref();
      worker.postMessage(pass);
      await once(worker, "message");
      worker.unref();
    });
    let turn = performance.now();
    for (const _ of lane(kernels, shared, pass)) {
      if (performance.now() - turn < patience) continue;
      await new Promise(setImmediate);
      turn = performance.now();
    }
    await Promise.all(others);
  };
  return {
    gradientNorm: async () => {
      await run("squares");
      return Math.sqrt(shared.sums.reduce((total, sum) => total + sum, 0));
    },
    update: async (step, lr, gradientScale) => {
      groups.forEach((group, i) => {
        const { updates, lr: own, weightDecay } = stepOf(group, config, step, lr);
        const [correct1, correct2] = [1 - config.beta1 ** updates, 1 - config.beta2 ** updates];
        const scale = updates > 0 ? gradientScale : Number.NaN;
        shared.numbers.set([scale, 1 - own * weightDecay, own / correct1, 1 / correct2], i * numbersOfGroup);
      });
      await run("update");
    },
    close: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

function sharedArray<T>(
  array: { new (memory: SharedArrayBuffer): T; readonly BYTES_PER_ELEMENT: number },
  length: number,
): T {
  return new array(new SharedArrayBuffer(length * array.BYTES_PER_ELEMENT));
}
