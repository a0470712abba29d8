/** A run that writes captions, as one that judges: it reads no texts. */
import type { Backend } from "../backends/backend.ts";
import type { SearchOptions } from "./beam-search.ts";
import { openCaptioner } from "./captioner.ts";
import type { OpenedRun } from "./open-run.ts";
import { ownPictures } from "./own-pictures.ts";
import { inBatches, type Predictor } from "./predict.ts";

/** Opens such a run. @throws BifocalError when it writes no captions. */
export async function openCaptionPredictor(
  backend: Backend,
  run: OpenedRun,
  options: SearchOptions,
): Promise<Predictor> {
  const describe = await openCaptioner(backend, run, options);
  const { batch } = run.sizes;
  return {
    pixelsOf: ownPictures(run),
    predict: inBatches(batch, ({ pixels }) => pixels(), describe),
  };
}
