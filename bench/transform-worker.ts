/** Transforms picture files: for every message, so many of them, those of a batch at once as the loader does. */
import { parentPort, workerData } from "node:worker_threads";
import { openTransform } from "#src/data/transform.ts";
import type { TransformConfig } from "#src/data/transform-config.ts";
import { pictureFile } from "#src/datasets/dataset-folder.ts";

/** What a thread is started with. */
export interface TransformSetup {
  readonly paths: readonly string[];
  readonly config: TransformConfig;
  readonly side: number;
}

/** What it is asked to do, and to answer when it is done. */
export interface TransformRequest {
  readonly count: number;
  readonly training: boolean;
}

const batch = 32;
const { paths, config, side } = workerData as TransformSetup;
const run = openTransform(config, side);
parentPort!.on("message", async ({ count, training }: TransformRequest) => {
  for (let from = 0; from < count; from += batch) {
    const indices = Array.from({ length: Math.min(batch, count - from) }, (_, i) => from + i);
    await Promise.all(
      indices.map(async (i) => {
        const path = paths[i % paths.length]!;
        await run(await pictureFile(path).read(), path, training ? i : undefined);
      }),
    );
  }
  parentPort!.postMessage("done");
});
