import { Worker } from "node:worker_threads";
import { allocate, type Dtype, type TypedArray } from "../core/dtype.ts";
import { BifocalError, type ErrorFields } from "../core/errors.ts";

/** The arrays of one batch by name. */
export type BatchArrays = Readonly<Record<string, TypedArray>>;

/** What batches are made of and by whom; memory is `ahead` + 1 batches, all of it shared. */
export interface LoaderOptions {
  /** Module of the worker: it calls `serveBatches`. */
  readonly worker: URL;
  /** What the workers need to make batches; cloned, shared memory stays shared. */
  readonly setup: unknown;
  readonly batch: Readonly<Record<string, { readonly dtype: Dtype; readonly size: number }>>;
  readonly workers: number;
  /** Batches made ahead. */
  readonly ahead: number;
}

/** A batch that is ready: the arrays of its slot hold still until `release`. */
export interface LoadedBatch {
  /** The slot's memory is the same at every use, so that graphs can be bound to it. */
  readonly slot: number;
  /** Gives the slot back: its arrays may change from now on. */
  release(): void;
}

/** Batches in order of steps, in slots that take turns; after `close` no step comes any more. */
export interface Loader {
  readonly slots: readonly BatchArrays[];
  /** The batch of the next step; steps come in order from `first`. */
  next(): Promise<LoadedBatch>;
  close(): Promise<void>;
}

/** The workerData of a batch thread: the setup as cloned, the slots as the very memory of the loader. */
export interface WorkerSetup {
  readonly setup: unknown;
  readonly slots: readonly BatchArrays[];
}

/** What a worker is sent: fill this slot with the batch of this step. */
export interface BatchRequest {
  readonly step: number;
  readonly slot: number;
}

/** What a worker answers: an error's fields where it was the user's, its text where it was ours. */
export interface BatchReply extends BatchRequest {
  readonly error?: { readonly fields: ErrorFields | undefined; readonly text: string };
}

/**
 * Makes batches on other threads, straight into shared memory, `ahead` steps in front of the one in use.
 * The batch of a step depends on the step alone, so any number of workers gives the same run.
 */
export function openLoader(options: LoaderOptions, first: number): Loader {
  const { worker, setup, batch, ahead } = options;
  const slots = Array.from({ length: ahead + 1 }, () =>
    Object.fromEntries(
      Object.entries(batch).map(([name, { dtype, size }]) => [name, allocate(dtype, size, true)]),
    ),
  );
  const ready = new Map<number, Promise<void>>();
  const waiting = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  const workers = Array.from({ length: options.workers }, () => {
    const thread = new Worker(worker, { workerData: { setup, slots } satisfies WorkerSetup });
    thread.on("message", ({ step, error }: BatchReply) => {
      const { resolve, reject } = waiting.get(step)!;
      waiting.delete(step);
      if (error === undefined) resolve();
      else reject(error.fields === undefined ? new Error(error.text) : new BifocalError(error.fields));
    });
    thread.on("error", (error: Error) => {
      for (const { reject } of waiting.values()) reject(error);
    });
    thread.on("exit", (code) => {
      for (const { reject } of waiting.values()) reject(new Error(`a loader thread ended with code ${code}`));
    });
    return thread;
  });

  const request = (step: number, slot: number) => {
    const promise = new Promise<void>((resolve, reject) => waiting.set(step, { resolve, reject }));
    // The step's own reader sees the failure; until it comes, nobody else must.
    promise.catch(() => {});
    ready.set(step, promise);
    workers[step % workers.length]!.postMessage({ step, slot } satisfies BatchRequest);
  };
  slots.forEach((_, slot) => {
    request(first + slot, slot);
  });
  let step = first;
  return {
    slots,
    next: async () => {
      const current = step++;
      const slot = (current - first) % slots.length;
      await ready.get(current);
      ready.delete(current);
      return { slot, release: () => request(current + slots.length, slot) };
    },
    close: async () => {
      await Promise.all(workers.map((thread) => thread.terminate()));
    },
  };
}
