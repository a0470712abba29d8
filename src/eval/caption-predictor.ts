/** A run that writes captions, as one that judges: it reads no texts. */
import type { Backend } from "../backends/backend.ts";
import { squareImage } from "../data/image.ts";
import type { SearchOptions } from "./beam-search.ts";
import { openCaptioner } from "./captioner.ts";
import type { OpenedRun } from "./open-run.ts";
import { inBatches, type Predictor } from "./predict.ts";

/** Opens such a run. @throws BifocalError when it writes no captions. */
export async function openCaptionPredictor(
  backend: Backend,
  run: OpenedRun,
  options: SearchOptions,
): Promise<Predictor> {
  const describe = await openCaptioner(backend, run, options);
  const { batch, imageSize } = run.sizes;
  return {
    pixelsOf: async (image) => squareImage(await image.read(), image.where, imageSize),
    predict: inBatches(batch, ({ pixels }) => pixels(), describe),
  };
}
