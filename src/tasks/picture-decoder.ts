import { decodeRgb } from "../data/decode.ts";
import { openTransform, type Transform } from "../data/transform.ts";
import { type TransformConfig, transforms } from "../data/transform-config.ts";
import type { PictureDecoder } from "../datasets/data-use.ts";

/** Decodes pictures as a transform says, by default the whole middle, resized bicubically. */
export function pictureDecoder(transform: TransformConfig = transforms.clip): PictureDecoder {
  const bySize = new Map<number, Transform>();
  return {
    pixels: (bytes, where, imageSize, key) => {
      const fit = bySize.get(imageSize) ?? openTransform(transform, imageSize);
      bySize.set(imageSize, fit);
      return fit(bytes, where, key);
    },
    whole: decodeRgb,
  };
}
