import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { BifocalError, rng } from "../core/index.ts";
import { encodePng, pngSize } from "./png.ts";

for (const channels of [3, 4] as const) {
  test(`${channels} channels come back as they went in`, async () => {
    const size = { width: 7, height: 5 };
    const random = rng("png", channels);
    const pixels = Uint8Array.from({ length: 5 * 7 * channels }, () => random.integer(256));
    const png = encodePng(pixels, size, channels);
    const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
    assert.deepEqual([info.width, info.height, info.channels], [7, 5, channels]);
    assert.deepEqual(new Uint8Array(data), pixels);
    assert.deepEqual(pngSize(png, "here"), size);
  });
}

test("the size is read from a view into larger memory", () => {
  const png = encodePng(new Uint8Array(2 * 3 * 3), { width: 3, height: 2 });
  const memory = new Uint8Array(png.length + 9);
  memory.set(png, 9);
  assert.deepEqual(pngSize(memory.subarray(9), "here"), { width: 3, height: 2 });
});

test("pixels that do not fill the picture are a bug, other bytes the user's", () => {
  assert.throws(() => encodePng(new Uint8Array(17), { width: 3, height: 2 }), /bug in bifocal/);
  assert.throws(
    () => pngSize(Buffer.from("JFIF, not what was asked for"), "scene.png"),
    (error) => error instanceof BifocalError && /scene\.png: expected a PNG file/.test(error.message),
  );
});
