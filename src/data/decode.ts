import sharp, { type Metadata } from "sharp";
import { fail } from "../core/errors.ts";
import { firstGifFrame } from "./gif-frame.ts";
import type { RgbImage } from "./rgb-image.ts";

/**
 * Pictures as Python users get them from `ImageOps.exif_transpose(Image.open(file)).convert("RGB")`, which is what
 * transformers' `load_image` does: EXIF turned, ICC profiles ignored, alpha dropped without blending, 16 bits cut to 8
 * as Pillow cuts them, CMYK by Pillow's formula. Equal to the bit for JPEG, PNG, WebP, GIF and TIFF. AVIF comes from
 * another decoder: one level apart, up to 18 at edges of colour where colour has half the resolution.
 */

/** Pictures with more pixels are refused before they are decoded. */
export const largestPixels = 268_435_456;

const formats = ["jpeg", "png", "webp", "gif", "tiff", "heif"];
const spaces = ["srgb", "b-w", "cmyk", "rgb16", "grey16"];

/** Decodes a picture's bytes; `where` names it in messages. @throws BifocalError "data" for what is no picture, truncated or too large. */
export async function decodeRgb(bytes: Uint8Array, where: string): Promise<RgbImage> {
  const metadata = await pictureHeader(bytes, where);
  try {
    return metadata.format === "gif" ? await decodeGif(bytes) : await decode(bytes, metadata);
  } catch (error) {
    return failWith(where, said(error));
  }
}

/** What the decoder said, in one line; it repeats itself. */
export function said(error: unknown): string {
  const lines = (error as Error).message.split("\n").map((line) => line.trim());
  return [...new Set(lines)].filter((line) => line !== "").join("; ");
}

/** What a picture's header says. @throws BifocalError "data" for what is none, too large or of odd colours. */
export async function pictureHeader(bytes: Uint8Array, where: string): Promise<Metadata> {
  // The constructor throws too, so it is called where its error is caught.
  const metadata = await Promise.resolve(bytes)
    .then((file) => sharp(file, { limitInputPixels: false }).metadata())
    .catch((error: Error) => failWith(where, said(error)));
  const { format, space, width, height } = metadata;
  if (!formats.includes(format)) failWith(where, format);
  if (width * height > largestPixels) {
    fail("data", where, {
      expected: `at most ${largestPixels} pixels`,
      got: `${width} x ${height}`,
      todo: "make the picture smaller",
    });
  }
  if (!spaces.includes(space) || !["uchar", "ushort"].includes(metadata.depth)) {
    failWith(where, `${metadata.depth} samples of colour space "${space}"`);
  }
  return metadata;
}

function failWith(where: string, got: string): never {
  return fail("data", where, {
    expected: "a whole picture (JPEG, PNG, WebP, GIF, TIFF or AVIF) in grey, RGB or CMYK",
    got,
    todo: "restore the file from a good copy or convert it to PNG",
  });
}

async function decode(
  bytes: Uint8Array,
  { space, depth }: Pick<Metadata, "space" | "depth">,
): Promise<RgbImage> {
  const image = sharp(bytes, { limitInputPixels: largestPixels, failOn: "truncated", ignoreIcc: true });
  // Asking for the file's own space keeps its bands as they are.
  if (space === "cmyk") image.pipelineColourspace("cmyk");
  const { data, info } = await image
    .autoOrient()
    .toColourspace(space)
    .raw({ depth })
    .toBuffer({ resolveWithObject: true });
  const { channels, width, height } = info;
  const samples = depth === "ushort" ? eightBits(data, channels) : data;
  return { data: threeBands(samples, channels, space === "cmyk"), height, width };
}

/** Pillow keeps 16-bit grey as numbers, which its conversion to 8 bits clips; of other modes it reads the high byte. */
function eightBits(data: Buffer, channels: number): Uint8Array {
  const result = new Uint8Array(data.length / 2);
  for (let i = 0; i < result.length; i++) {
    const high = data[2 * i + 1]!;
    result[i] = channels > 1 ? high : high > 0 ? 255 : data[2 * i]!;
  }
  return result;
}

/** The first three of RGB(A), grey(A) repeated, or ink under its black: (255 - ink) (255 - black) / 255. */
function threeBands(samples: Uint8Array, channels: number, ink: boolean): Uint8Array {
  if (channels === 3) return new Uint8Array(samples.buffer, samples.byteOffset, samples.length);
  const pixels = samples.length / channels;
  const result = new Uint8Array(pixels * 3);
  const [g, b] = channels < 3 ? [0, 0] : [1, 2];
  for (let i = 0; i < pixels; i++) {
    const from = i * channels;
    const to = i * 3;
    result[to] = samples[from]!;
    result[to + 1] = samples[from + g]!;
    result[to + 2] = samples[from + b]!;
    if (!ink) continue;
    const light = 255 - samples[from + 3]!;
    for (let band = to; band < to + 3; band++) {
      // x / 255 rounded, for x up to 255², in two shifts.
      const dark = result[band]! * light + 128;
      result[band] = light - ((dark + (dark >> 8)) >> 8);
    }
  }
  return result;
}

async function decodeGif(bytes: Uint8Array): Promise<RgbImage> {
  const frame = firstGifFrame(bytes);
  const image = await decode(frame?.opaque ?? bytes, { space: "srgb", depth: "uchar" });
  if (frame === undefined) return image;
  const { data, height, width } = image;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const column = x - frame.left;
      const row = y - frame.top;
      const inside = column >= 0 && column < frame.width && row >= 0 && row < frame.height;
      if (!inside) data.set(frame.surround, (y * width + x) * 3);
    }
  }
  return image;
}
