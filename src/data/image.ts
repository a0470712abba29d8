import { stat } from "node:fs/promises";
import sharp from "sharp";
import { fail } from "../core/errors.ts";
import { largestPixels } from "./decode.ts";

/**
 * Reads a picture file of any common format as sRGB u8[side, side, 3]: turned as its EXIF says, laid on white where it
 * is transparent, shorter side resized to `side` (bicubic), centre cropped.
 * @throws BifocalError "data" when the file is missing, no picture, truncated or too large.
 */
export async function readImage(path: string, side: number): Promise<Uint8Array> {
  const file = await stat(path).catch(() => undefined);
  if (file === undefined || !file.isFile()) {
    fail("data", path, { expected: "a picture file", got: "no such file", todo: "check the path" });
  }
  try {
    return await sharp(path, { limitInputPixels: largestPixels, failOn: "truncated" })
      .rotate()
      .flatten({ background: "white" })
      .toColourspace("srgb")
      .resize(side, side, { fit: "cover", kernel: "cubic", fastShrinkOnLoad: false })
      .removeAlpha()
      .raw()
      .toBuffer();
  } catch (error) {
    return fail("data", path, {
      expected: "a whole picture (JPEG, PNG, WebP, GIF, AVIF, TIFF or SVG)",
      got: (error as Error).message,
      todo: "restore the file from a good copy",
    });
  }
}
