import { extname } from "node:path";
import sharp from "sharp";
import { BifocalError } from "../core/errors.ts";
import { pictureHeader, said } from "./decode.ts";

/** What can be wrong with a picture's bytes, or odd: a file name that tells another format. */
export interface PictureDefect {
  readonly kind: "truncated" | "undecodable" | "huge" | "mislabelled";
  readonly message: string;
}

/** Pixels decoded at the same time: some decoders hold the whole picture, up to 8 bytes a pixel. */
const pixelsAtOnce = 2 ** 24;

/**
 * Looks through whole pictures as `decodeRgb` would, without holding their pixels; several may be asked for at once,
 * and large ones wait for each other. Pictures that `decodeRgb` refuses by their header are not decoded.
 */
export function pictureChecker(): (bytes: Uint8Array, where: string) => Promise<PictureDefect | undefined> {
  const admit = pixelGate(pixelsAtOnce);
  return async (bytes, where) => {
    try {
      const { format, width, height } = await pictureHeader(bytes, where);
      await admit(width * height, () =>
        sharp(bytes, { limitInputPixels: false, failOn: "truncated" })
          // A resized picture needs every line of the file, but no memory for it.
          .resize(8, 8, { fit: "fill", kernel: "linear", fastShrinkOnLoad: false })
          .raw()
          .toBuffer(),
      );
      return mislabelled(format, where);
    } catch (error) {
      if (error instanceof BifocalError) {
        const isHuge = error.fields.expected?.endsWith("pixels") === true;
        const kind = isHuge ? "huge" : isCutShort(bytes) ? "truncated" : "undecodable";
        return { kind, message: error.message };
      }
      const got = said(error);
      const kind = isCutShort(bytes) ? "truncated" : "undecodable";
      return { kind, message: `${where}: expected a whole picture, got ${got}; restore it from a good copy` };
    }
  };
}

/** Lets work begin while the pixels of all work under way are at most `most`; what is larger runs alone. */
function pixelGate(most: number): <T>(pixels: number, work: () => Promise<T>) => Promise<T> {
  let inside = 0;
  let waiting: (() => void)[] = [];
  return async (pixels, work) => {
    const share = Math.min(pixels, most);
    while (inside + share > most) {
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
      });
    }
    inside += share;
    try {
      return await work();
    } finally {
      inside -= share;
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
    }
  };
}

const endings: Readonly<Record<string, readonly string[]>> = {
  jpeg: [".jpg", ".jpeg", ".jpe", ".jfif"],
  png: [".png"],
  webp: [".webp"],
  gif: [".gif"],
  tiff: [".tif", ".tiff"],
  heif: [".avif", ".heif", ".heic"],
};
const allEndings = Object.values(endings).flat();

function mislabelled(format: string, where: string): PictureDefect | undefined {
  const ending = extname(where).toLowerCase();
  if (!allEndings.includes(ending) || endings[format]?.includes(ending) !== false) return undefined;
  return { kind: "mislabelled", message: `${where}: named ${ending}, but it is ${format.toUpperCase()}` };
}

/** True where bytes begin as a picture and stop before its end. */
function isCutShort(bytes: Uint8Array): boolean {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const begins = (text: string, at = 0) =>
    file.subarray(at, at + text.length).equals(Buffer.from(text, "latin1"));
  const tail = file.subarray(-4096);
  if (begins("\xff\xd8")) return !tail.includes("\xff\xd9", 0, "latin1");
  if (begins("\x89PNG")) return !tail.includes("IEND", 0, "latin1");
  if (begins("RIFF") && begins("WEBP", 8)) return file.length < file.readUInt32LE(4) + 8;
  if (begins("GIF8")) return file.at(-1) !== 0x3b;
  return false;
}
