import koffi, { type LibraryHandle } from "koffi";
import sharp from "sharp";
import { largestPixels } from "./decode.ts";
import type { RgbImage } from "./rgb-image.ts";

/** What the decoder can divide a JPEG's sides by: it computes 8, 4, 2 or 1 levels of every 8 from the frequencies. */
export type JpegShrink = 1 | 2 | 4 | 8;

/** A JPEG as `decodeJpeg` read it: sides divided by `shrink`, rounded down. */
export interface ShrunkJpeg {
  readonly image: RgbImage;
  readonly shrink: JpegShrink;
  /** Sides of the whole picture, turned as its EXIF says. */
  readonly height: number;
  readonly width: number;
}

/**
 * Decodes a JPEG in RGB on this thread, through the libvips that sharp has loaded: the levels of `decodeRgb`, in half
 * the time, since no thread hands the picture to another. `shrinkOf` says for [height, width] what to divide the sides
 * by, which sharp itself does for factors from 3 on alone.
 * @returns undefined for any other file, a broken one, or where the library is not found: `decodeRgb` knows more.
 */
export function decodeJpeg(
  bytes: Uint8Array,
  shrinkOf: (height: number, width: number) => JpegShrink,
): ShrunkJpeg | undefined {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return undefined;
  vips ??= findVips();
  if (vips === "not found") return undefined;
  const sides = uprightSides(bytes) ?? vips.read(bytes, 1, ({ height, width }) => ({ height, width }));
  if (sides === undefined || sides.height * sides.width > largestPixels) return undefined;
  const shrink = shrinkOf(sides.height, sides.width);
  const image = vips.read(bytes, shrink, (opened) => (opened.plain ? opened.levels() : undefined));
  return image && { image, shrink, ...sides };
}

/**
 * Sides by the frame header (ITU-T T.81, annex B.2.2), since libvips takes 0.25 ms to tell them; undefined where an APP1
 * segment stands before it, which may be EXIF that turns the picture.
 */
function uprightSides(bytes: Uint8Array): { height: number; width: number } | undefined {
  const word = (at: number) => bytes[at]! * 256 + bytes[at + 1]!;
  for (let at = 2; at + 9 <= bytes.length && bytes[at] === 0xff; at += 2 + word(at + 2)) {
    const marker = bytes[at + 1]!;
    if (marker === 0xe1) return undefined;
    if (marker < 0xc0 || marker > 0xcf || [0xc4, 0xc8, 0xcc].includes(marker)) continue;
    const [height, width] = [word(at + 5), word(at + 7)];
    return height > 0 && width > 0 ? { height, width } : undefined;
  }
  return undefined;
}

/** A picture whose header is read; its pixels are decoded when they are asked for. */
interface OpenImage {
  readonly height: number;
  readonly width: number;
  /** Three bands of sRGB, 8 bits each. */
  readonly plain: boolean;
  /** A copy of all of them, undefined where the file is broken. */
  levels(): RgbImage | undefined;
}

/** The library's handle stays with its functions: koffi closes a library whose handle is collected. */
interface Vips {
  readonly library: LibraryHandle;
  /** What `use` makes of the picture, which is closed afterwards; undefined where it cannot be opened. */
  read<T>(bytes: Uint8Array, shrink: JpegShrink, use: (image: OpenImage) => T): T | undefined;
}

let vips: Vips | "not found" | undefined;

/** The library by the name under which it is loaded already: nothing else is ever found by it. */
function loadedVips(): LibraryHandle {
  const { vips: version } = sharp.versions;
  const names = {
    linux: `libvips-cpp.so.${version}`,
    darwin: `@rpath/libvips-cpp.${version}.dylib`,
    win32: "libvips-42.dll",
  } as Partial<Record<NodeJS.Platform, string>>;
  return koffi.load(names[process.platform] ?? names.linux!);
}

function findVips(): Vips | "not found" {
  try {
    return bindVips();
  } catch {
    return "not found";
  }
}

/** The functions of libvips (vips.h of 8.x) that it takes. @throws where the library or one of them is not there. */
function bindVips(): Vips {
  const library = loadedVips();
  // Finished pictures are not kept for a second use; threads are the loader's.
  sharp.cache(false);
  sharp.concurrency(1);
  const open = library.func("int vips_jpegload_buffer(void *, size_t, _Out_ void **, ...)");
  const number = (name: string) =>
    library.func(`int vips_image_get_${name}(void *)`) as (image: unknown) => number;
  const [height, width, bands] = [number("height"), number("width"), number("bands")];
  const [format, interpretation] = [number("format"), number("interpretation")];
  const openRegion = library.func("void *vips_region_new(void *)");
  const fetch = library.func("void *vips_region_fetch(void *, int, int, int, int, _Out_ size_t *)");
  const unref = library.func("void g_object_unref(void *)");
  const free = library.func("void g_free(void *)");
  const clearError = library.func("void vips_error_clear()");
  const [uchar, srgb, onTruncated, fromTopToBottom] = [0, 22, 1, 1];
  return {
    library,
    read: (bytes, shrink, use) => {
      const opened: [unknown] = [null];
      const options = { shrink, autorotate: 1, fail_on: onTruncated, access: fromTopToBottom };
      const typed = Object.entries(options).flatMap(([name, value]) => ["const char *", name, "int", value]);
      const status = open(bytes, bytes.length, opened, ...typed, "void *", null);
      if (status !== 0) {
        clearError();
        return undefined;
      }
      const [image] = opened;
      const sides = { height: height(image), width: width(image) };
      const levels = () => {
        const size: [number] = [0];
        const region = openRegion(image);
        const memory = fetch(region, 0, 0, sides.width, sides.height, size);
        unref(region);
        if (memory === null) {
          clearError();
          return undefined;
        }
        const data = new Uint8Array(koffi.view(memory, size[0])).slice();
        free(memory);
        return { data, ...sides };
      };
      const plain = bands(image) === 3 && format(image) === uchar && interpretation(image) === srgb;
      try {
        return use({ ...sides, plain, levels });
      } finally {
        unref(image);
      }
    },
  };
}
