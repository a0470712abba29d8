import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { BifocalError } from "../core/errors.ts";
import { decodeRgb } from "./decode.ts";

// That every kind of picture has Pillow's levels is tested in test/parity/image-processors.test.ts.

const noise = sharp(
  Uint8Array.from({ length: 40 * 30 * 3 }, (_, i) => (i * 7919) % 251),
  { raw: { width: 40, height: 30, channels: 3 } },
);

async function expectError(reading: Promise<unknown>, got: RegExp): Promise<void> {
  await assert.rejects(reading, (error) => {
    assert.ok(error instanceof BifocalError, String(error));
    assert.equal(error.fields.code, "data");
    assert.match(error.fields.got!, got);
    return true;
  });
}

/** A TIFF of one grey pixel, an f32. */
function floatTiff(): Buffer {
  // Width, height, bits, uncompressed, black is 0, where the samples are, samples, rows, bytes, floating point.
  const pixelAt = 8 + 2 + 10 * 12 + 4;
  const tags = [
    [256, 1],
    [257, 1],
    [258, 32],
    [259, 1],
    [262, 1],
    [273, pixelAt],
    [277, 1],
    [278, 1],
    [279, 4],
    [339, 3],
  ] as const;
  const file = Buffer.alloc(pixelAt + 4);
  file.write("II*\0");
  file.writeUInt32LE(8, 4);
  file.writeUInt16LE(tags.length, 8);
  for (const [i, [tag, value]] of tags.entries()) {
    const at = 10 + i * 12;
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(3, at + 2); // a u16
    file.writeUInt32LE(1, at + 4);
    file.writeUInt16LE(value, at + 8);
  }
  file.writeFloatLE(0.25, pixelAt);
  return file;
}

test("AVIF is near what was stored", async () => {
  const { data, height, width } = await decodeRgb(
    await noise.clone().blur(4).avif({ quality: 90 }).toBuffer(),
    "a.avif",
  );
  const stored = await noise.clone().blur(4).raw().toBuffer();
  assert.deepEqual([height, width], [30, 40]);
  const far = data.filter((value, i) => Math.abs(value - stored[i]!) > 12);
  assert.equal(far.length, 0);
});

test("what is missing, no picture, cut off, drawn or of other samples is refused", async () => {
  await expectError(decodeRgb(Buffer.from("no picture"), "text"), /unsupported/);
  await expectError(decodeRgb(Buffer.alloc(0), "empty"), /./);
  for (const format of ["png", "jpeg", "webp", "gif", "tiff"] as const) {
    const whole = await noise.clone().toFormat(format).toBuffer();
    const half = whole.subarray(0, Math.floor(whole.length / 2));
    await expectError(decodeRgb(half, `half.${format}`), /./);
  }
  const drawing = '<svg xmlns="http://www.w3.org/2000/svg" width="3" height="2"/>';
  await expectError(decodeRgb(Buffer.from(drawing), "drawing"), /svg/);
  await expectError(decodeRgb(floatTiff(), "float"), /float samples/);
});

test("a picture that is too large is refused by its header", async () => {
  const png = await noise.clone().png().toBuffer();
  png.writeUInt32BE(40_000, 16);
  png.writeUInt32BE(30_000, 20);
  await expectError(decodeRgb(png, "large"), /40000 x 30000/);
});
