import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { BifocalError } from "../core/errors.ts";
import { squareImage } from "./image.ts";

/** A picture of one colour. */
const plain = (
  width: number,
  height: number,
  background: { r: number; g: number; b: number; alpha?: number },
) => sharp({ create: { width, height, channels: background.alpha === undefined ? 3 : 4, background } });

async function read(name: string, bytes: Promise<Buffer>, side = 4): Promise<Uint8Array> {
  const pixels = await squareImage(await bytes, name, side);
  assert.equal(pixels.length, side * side * 3);
  return pixels;
}

/** Every pixel is near the colour. */
function assertColour(pixels: Uint8Array, colour: readonly number[], within = 3): void {
  for (const [i, value] of pixels.entries())
    assert.ok(Math.abs(value - colour[i % 3]!) <= within, `${value} at ${i}, expected ${colour[i % 3]}`);
}

const orange = { r: 250, g: 120, b: 20 };

test("JPEG, PNG, WebP, GIF, AVIF and TIFF give the same colour", async () => {
  for (const format of ["jpeg", "png", "webp", "gif", "avif", "tiff"] as const) {
    const pixels = await read(`plain.${format}`, plain(9, 6, orange).toFormat(format).toBuffer());
    assertColour(pixels, [250, 120, 20], 6);
  }
});

test("SVG too", async () => {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8" fill="#fa7814"/></svg>`;
  assertColour(await read("plain.svg", Promise.resolve(Buffer.from(svg))), [250, 120, 20]);
});

test("grey of 8 and 16 bits, one pixel, palette and CMYK become sRGB", async () => {
  const grey = (depth: "uchar" | "ushort") => {
    const values =
      depth === "uchar" ? Uint8Array.from({ length: 20 }, () => 100) : new Uint16Array(20).fill(25700);
    const raw = sharp(values, { raw: { width: 5, height: 4, channels: 1 } });
    return raw
      .toColourspace(depth === "uchar" ? "b-w" : "grey16")
      .png()
      .toBuffer();
  };
  assertColour(await read("grey.png", grey("uchar")), [100, 100, 100]);
  assertColour(await read("grey16.png", grey("ushort")), [100, 100, 100]);
  assertColour(await read("one.png", plain(1, 1, orange).png().toBuffer()), [250, 120, 20]);
  assertColour(
    await read("palette.png", plain(7, 5, orange).png({ palette: true }).toBuffer()),
    [250, 120, 20],
    8,
  );
  const cmyk = plain(16, 16, { r: 200, g: 60, b: 60 })
    .toColourspace("cmyk")
    .jpeg({ quality: 100 })
    .toBuffer();
  assert.equal((await sharp(await cmyk).metadata()).channels, 4);
  assertColour(await read("cmyk.jpg", cmyk), [200, 60, 60], 25);
});

test("what is transparent lies on white", async () => {
  const clear = plain(6, 6, { r: 0, g: 0, b: 0, alpha: 0 }).png().toBuffer();
  assertColour(await read("clear.png", clear), [255, 255, 255]);
  const half = plain(6, 6, { r: 255, g: 0, b: 0, alpha: 0.5 }).webp({ lossless: true }).toBuffer();
  assertColour(await read("half.webp", half), [255, 127, 127]);
});

test("EXIF turns the picture before it is cropped", async () => {
  // Left half black, right half white, stored lying; orientation 6 asks for a quarter turn clockwise: black on top.
  const raw = Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) => (Math.floor(i / 3) % 8 < 4 ? 0 : 255));
  const bytes = sharp(raw, { raw: { width: 8, height: 8, channels: 3 } })
    .withMetadata({ orientation: 6 })
    .png()
    .toBuffer();
  const pixels = await read("turned.png", bytes, 8);
  assertColour(pixels.subarray(0, 3 * 8 * 2), [0, 0, 0], 40);
  assertColour(pixels.subarray(3 * 8 * 6), [255, 255, 255], 40);
});

test("the longer side is cropped on both ends, the shorter fills", async () => {
  // 16 x 4: red, then 8 columns of green, then blue; of side 4 the middle 4 columns stay.
  const raw = Uint8Array.from({ length: 16 * 4 * 3 }, (_, i) => {
    const column = Math.floor(i / 3) % 16;
    return i % 3 === (column < 4 ? 0 : column < 12 ? 1 : 2) ? 255 : 0;
  });
  const bytes = sharp(raw, { raw: { width: 16, height: 4, channels: 3 } })
    .png()
    .toBuffer();
  assertColour(await read("wide.png", bytes), [0, 255, 0]);
});

test("text, an empty and a truncated file are the user's errors", async () => {
  const jpeg = await plain(64, 64, orange).jpeg().toBuffer();
  const noise = sharp(
    Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919) % 256),
    { raw: { width: 64, height: 64, channels: 3 } },
  );
  const png = await noise.png().toBuffer();
  const cases: Record<string, Buffer> = {
    "text.png": Buffer.from("no picture"),
    "empty.png": Buffer.alloc(0),
    "cut.png": png.subarray(0, Math.floor(png.length / 2)),
    "cut.jpg": jpeg.subarray(0, Math.floor(jpeg.length / 2)),
    "header.jpg": jpeg.subarray(0, 20),
  };
  for (const [name, bytes] of Object.entries(cases)) {
    await assert.rejects(squareImage(bytes, name, 8), (error) => {
      assert.ok(error instanceof BifocalError, `${name}: ${String(error)}`);
      assert.deepEqual([error.fields.code, error.fields.where], ["data", name]);
      assert.ok(error.fields.expected && error.fields.got && error.fields.todo);
      return true;
    });
  }
});
