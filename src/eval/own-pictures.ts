import { squareImage } from "../data/image.ts";
import type { StoredImage } from "../datasets/examples.ts";
import { pictureDecoder } from "../tasks/picture-decoder.ts";
import type { OpenedRun } from "./open-run.ts";

/**
 * How a run reads pictures of the user's own, as its batches have them: as it read the pictures in files that it was trained
 * on; runs that never saw a file lay what is transparent on white.
 */
export function ownPictures({ config, sizes }: OpenedRun): (image: StoredImage) => Promise<Uint8Array> {
  const { data } = config;
  const sources = data.kind === "mixture" ? data.sources.map((source) => source.data) : [data];
  const { imageSize } = sizes;
  if (!sources.some(({ kind }) => kind === "files")) {
    return async (image) => squareImage(await image.read(), image.where, imageSize);
  }
  const { pixels } = pictureDecoder(data.transform);
  return async (image) => pixels(await image.read(), image.where, imageSize, undefined);
}
