import { crc32, deflateSync } from "node:zlib";
import { assert, fail } from "../core/index.ts";

/** PNG files (W3C Portable Network Graphics specification, second edition) from raw pixels, without an image library. */

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const colourTypes = { 3: 2, 4: 6 } as const;
const upFilter = 2;

/** Extent of a picture in pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** Encodes sRGB u8[height, width, channels], with straight alpha as the fourth channel. */
export function encodePng(pixels: Uint8Array, size: PictureSize, channels: 3 | 4 = 3): Buffer {
  const { width, height } = size;
  assert(
    width > 0 && height > 0 && pixels.length === height * width * channels,
    "pixels do not fill the PNG",
  );
  const stride = width * channels;
  const filtered = Buffer.alloc(height * (stride + 1));
  for (let row = 0; row < height; row++) {
    const to = row * (stride + 1);
    filtered[to] = upFilter; // differences to the row above: flat areas become zeros
    for (let i = 0; i < stride; i++) {
      const above = row === 0 ? 0 : pixels[(row - 1) * stride + i]!;
      filtered[to + 1 + i] = pixels[row * stride + i]! - above;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8; // bits per channel
  header[9] = colourTypes[channels];
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(filtered, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(name: string, data: Buffer): Buffer {
  const result = Buffer.alloc(12 + data.length);
  result.writeUInt32BE(data.length, 0);
  result.write(name, 4, "latin1");
  data.copy(result, 8);
  result.writeUInt32BE(crc32(result.subarray(4, 8 + data.length)), 8 + data.length);
  return result;
}

/** Reads the header of a PNG file. @throws BifocalError when the bytes are no PNG. */
export function pngSize(bytes: Uint8Array, where: string): PictureSize {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const isPng = file.length >= 24 && file.subarray(0, 8).equals(signature);
  if (!isPng || file.toString("latin1", 12, 16) !== "IHDR") {
    fail("data", where, { expected: "a PNG file", got: `${bytes.length} bytes that start otherwise` });
  }
  return { width: file.readUInt32BE(16), height: file.readUInt32BE(20) };
}
