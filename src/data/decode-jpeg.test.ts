import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import sharp from "sharp";
import { decodeJpeg } from "./decode-jpeg.ts";

/** Waves of about 40 pixels, coloured. */
const waves = (height: number, width: number) => {
  const raw = Uint8Array.from({ length: height * width * 3 }, (_, i) => {
    const [y, x] = [Math.floor(i / 3 / width), Math.floor(i / 3) % width];
    return 128 + 60 * Math.sin(x / 7 + (i % 3)) + 50 * Math.cos(y / 6);
  });
  return sharp(raw, { raw: { height, width, channels: 3 } });
};

test("a shrunk picture has the means of the whole one's squares, also where the last ones are cut off", async () => {
  const file = await waves(61, 82).jpeg({ quality: 95 }).toBuffer();
  const { image: full } = decodeJpeg(file, () => 1)!;
  for (const shrink of [2, 4] as const) {
    const asked: number[] = [];
    const jpeg = decodeJpeg(file, (...sides) => {
      asked.push(...sides);
      return shrink;
    })!;
    assert.deepEqual(asked, [61, 82]);
    assert.deepEqual([jpeg.shrink, jpeg.height, jpeg.width], [shrink, 61, 82]);
    const { data, height, width } = jpeg.image;
    assert.deepEqual([height, width], [Math.floor(61 / shrink), Math.floor(82 / shrink)]);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let channel = 0; channel < 3; channel++) {
          let sum = 0;
          for (let i = 0; i < shrink ** 2; i++) {
            const [row, column] = [y * shrink + Math.floor(i / shrink), x * shrink + (i % shrink)];
            sum += full.data[(row * full.width + column) * 3 + channel]!;
          }
          const got = data[(y * width + x) * 3 + channel]!;
          assert.ok(Math.abs(got - sum / shrink ** 2) < 6, `${got} for ${sum / shrink ** 2} at ${y}, ${x}`);
        }
      }
    }
  }
});

test("EXIF turns it, before the sides are told", async () => {
  const file = await waves(40, 24).withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const { image, height, width } = decodeJpeg(file, () => 2)!;
  assert.deepEqual([height, width, image.height, image.width], [24, 40, 12, 20]);
});

test("what is broken, grey, in inks or no JPEG is left to the other decoder", async () => {
  const file = await waves(64, 48).jpeg().toBuffer();
  const others = {
    cut: file.subarray(0, file.length / 2),
    header: file.subarray(0, 30),
    mark: file.subarray(0, 2),
    empty: Buffer.alloc(0),
    png: await waves(8, 9).png().toBuffer(),
    grey: await waves(8, 9).toColourspace("b-w").jpeg().toBuffer(),
    inks: await waves(8, 9).toColourspace("cmyk").jpeg().toBuffer(),
  };
  for (const [name, bytes] of Object.entries(others)) {
    for (const shrink of [1, 2] as const)
      assert.equal(
        decodeJpeg(bytes, () => shrink),
        undefined,
        name,
      );
  }
  assert.ok(
    decodeJpeg(file, () => 1),
    "works afterwards",
  );
});

test("threads decode beside each other", async () => {
  const file = await waves(480, 640).jpeg().toBuffer();
  const module = new URL("./decode-jpeg.js", import.meta.url);
  const code = `
    import { parentPort, workerData } from "node:worker_threads";
    const { decodeJpeg } = await import(workerData.module);
    let sum = 0;
    for (let i = 0; i < 60; i++) sum += decodeJpeg(workerData.file, () => 2).image.data[1000];
    parentPort.postMessage(sum);`;
  const url = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
  const workers = [0, 1, 2].map(() => new Worker(url, { workerData: { module: module.href, file } }));
  const sums = await Promise.all(workers.map(async (worker) => (await once(worker, "message"))[0]));
  assert.deepEqual(new Set(sums), new Set([60 * decodeJpeg(file, () => 2)!.image.data[1000]!]));
});

test("memory is given back", async () => {
  const file = await waves(480, 640).jpeg().toBuffer();
  decodeJpeg(file, () => 1);
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 300; i++) decodeJpeg(file, () => 1);
  const grown = process.memoryUsage().rss - before;
  assert.ok(grown < 100 * 640 * 480 * 3, `${grown} bytes more after 300 pictures`);
});
