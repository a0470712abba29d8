import sharp from "sharp";
import { fail } from "../core/errors.ts";
import { largestPixels } from "./decode.ts";

/**
 * A picture of any common format as sRGB u8[side, side, 3]: turned as its EXIF says, laid on white where it is
 * transparent, shorter side resized to `side` (bicubic), centre cropped; `where` names it in messages.
 * @throws BifocalError "data" for what is no picture, truncated or too large.
 */
export async function squareImage(bytes: Uint8Array, where: string, side: number): Promise<Uint8Array> {
  // The constructor throws too, so it is called where its error is caught.
  return Promise.resolve(bytes)
    .then((file) =>
      sharp(file, { limitInputPixels: largestPixels, failOn: "truncated" })
        .rotate()
        .flatten({ background: "white" })
        .toColourspace("srgb")
        .resize(side, side, { fit: "cover", kernel: "cubic", fastShrinkOnLoad: false })
        .removeAlpha()
        .raw()
        .toBuffer(),
    )
    .catch((error: Error) =>
      fail("data", where, {
        expected: "a whole picture (JPEG, PNG, WebP, GIF, AVIF, TIFF or SVG)",
        got: error.message.replace(/\s*\n\s*/g, "; "),
        todo: "restore the file from a good copy",
      }),
    );
}
