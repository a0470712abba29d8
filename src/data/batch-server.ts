import { parentPort, workerData } from "node:worker_threads";
import { assert, BifocalError } from "../core/errors.ts";
import type { BatchArrays, BatchReply, BatchRequest, WorkerSetup } from "./loader.ts";

/** Fills the arrays of one step. */
export type FillBatch = (step: number, arrays: BatchArrays) => Promise<void>;

/** The worker's side of a loader: `prepare` gets the loader's setup once; batches are filled one after another. */
export function serveBatches(prepare: (setup: unknown) => Promise<FillBatch>): void {
  const port = parentPort;
  assert(port !== null, "serveBatches outside a worker");
  const { setup, slots } = workerData as WorkerSetup;
  let last: Promise<FillBatch> = prepare(setup);
  last.catch(() => {}); // told at the first request
  port.on("message", ({ step, slot }: BatchRequest) => {
    last = last.then(async (fill) => {
      await fill(step, slots[slot]!);
      return fill;
    });
    last.then(
      () => port.postMessage({ step, slot } satisfies BatchReply),
      (error: Error) => {
        const fields = error instanceof BifocalError ? error.fields : undefined;
        const text = error.stack ?? String(error);
        port.postMessage({ step, slot, error: { fields, text } } satisfies BatchReply);
      },
    );
  });
}
