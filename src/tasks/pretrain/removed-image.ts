/** Pictures that the model reads without some of their patches, which are painted. */
import { fail } from "../../core/errors.ts";
import type { DualModel } from "../../models/contracts.ts";
import type { Scope } from "../../nn/scope.ts";
import { mimPixel } from "../../objectives/mim-pixel.ts";
import type { Sizes } from "../task.ts";
import type { DecoderConfig } from "./config.ts";

/** `width` is that of the state that is painted from. @throws BifocalError when the model reads all patches. */
export function patchPainting(
  at: Scope,
  { encodeVisible }: DualModel,
  width: number,
  decoder: DecoderConfig,
  { imageSize, patch }: Sizes,
) {
  const encode =
    encodeVisible ??
    fail("config", "objective mimPixel", {
      expected: "a model that removes patches, whose pixels are to be painted",
      got: "one that reads them all",
      todo: "choose a model that does, or drop mimPixel",
    });
  const grid = [imageSize / patch, imageSize / patch] as const;
  return { ...mimPixel(at, { ...decoder, from: width, patch, grid }), encode };
}
