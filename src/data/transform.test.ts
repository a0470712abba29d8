import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { BifocalError } from "../core/errors.ts";
import { rng } from "../core/rng.ts";
import { decodeRgb } from "./decode.ts";
import { imageProcessor } from "./image-processor.ts";
import { randAugment } from "./rand-augment.ts";
import { canvasSide, openTransform } from "./transform.ts";
import { type TransformConfig, transforms } from "./transform-config.ts";

/** A PNG whose red counts columns and whose green counts rows. */
const counted = (height: number, width: number): Promise<Buffer> => {
  const raw = Uint8Array.from({ length: height * width * 3 }, (_, i) => {
    const [pixel, channel] = [Math.floor(i / 3), i % 3];
    return channel === 0 ? pixel % width : channel === 1 ? Math.floor(pixel / width) : 7;
  });
  return sharp(raw, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
};

const reds = (pixels: Uint8Array) => [...pixels].filter((_, i) => i % 3 === 0);
const greens = (pixels: Uint8Array) => [...pixels].filter((_, i) => i % 3 === 1);

test("evaluation gives the pixels of the published processor with the same steps", async () => {
  const file = await counted(60, 90);
  const image = await decodeRgb(file, "test");
  const { pixels } = imageProcessor({
    resize: { size: { kind: "shorter", edge: 32 }, filter: "bicubic" },
    crop: { height: 32, width: 32 },
    squeeze: false,
    pad: false,
  }).process(image);
  const got = await openTransform(transforms.clip, 32)(file, "test", undefined);
  assert.deepEqual(reds(got), [...pixels.subarray(0, 32 * 32)]);
  assert.deepEqual(greens(got), [...pixels.subarray(32 * 32, 2 * 32 * 32)]);
});

test("training takes large JPEGs from the decoder at half their size, a few levels from evaluation", async () => {
  const raw = Uint8Array.from({ length: 200 * 300 * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % 300, Math.floor(i / 900)];
    return 128 + 50 * Math.sin(x / 9 + (i % 3)) + 40 * Math.cos(y / 7 + x / 40) + ((i * 7919) % 13);
  });
  const file = await sharp(raw, { raw: { width: 300, height: 200, channels: 3 } })
    .jpeg({ quality: 92 })
    .toBuffer();
  const run = openTransform(transforms.clip, 90);
  const [exact, fast] = [await run(file, "test", undefined), await run(file, "test", 5)];
  const levels = exact.map((level, i) => Math.abs(level - fast[i]!));
  assert.ok(levels.some((level) => level > 0));
  assert.ok(Math.max(...levels) < 12 && levels.reduce((a, b) => a + b) / levels.length < 1.5);
  // Of a picture less than twice as large nothing is left out.
  const same = openTransform(transforms.clip, 110);
  assert.deepEqual(await same(file, "test", 5), await same(file, "test", undefined));
});

test("square keeps all four corners, padding fills what is missing to the right and below", async () => {
  const square = await openTransform({ fit: { kind: "square" }, filter: "box" }, 4)(
    await counted(8, 12),
    "test",
    undefined,
  );
  assert.deepEqual(reds(square).slice(0, 4), [1, 4, 7, 10]);
  assert.deepEqual(
    greens(square).filter((_, i) => i % 4 === 0),
    [1, 3, 5, 7],
  );
  const pad = openTransform({ fit: { kind: "pad", level: 99 }, filter: "box" }, 4);
  assert.deepEqual(
    reds(await pad(await counted(4, 8), "test", undefined)).slice(4, 12),
    [1, 3, 5, 7, 99, 99, 99, 99],
  );
  assert.deepEqual(reds(await pad(await counted(8, 4), "test", undefined)).slice(0, 4), [1, 3, 99, 99]);
});

/** The sides of the original's MinMaxResize, [height, width]. */
function originalSides(height: number, width: number, shorter: number, longer: number, divisor: number) {
  let scale = shorter / Math.min(width, height);
  let [h, w] = height < width ? [shorter, scale * width] : [scale * height, shorter];
  if (Math.max(h, w) > longer) {
    scale = longer / Math.max(h, w);
    [h, w] = [h * scale, w * scale];
  }
  const down = (side: number) => Math.floor(Math.floor(side + 0.5) / divisor) * divisor;
  return [down(h), down(w)] as const;
}

test("pictures that keep their shape have the original's sides and lie at the top left of a canvas", async () => {
  const config: TransformConfig = { fit: { kind: "own-shape", divisor: 4 }, filter: "bicubic" };
  const side = canvasSide(config, 24); // 1333 / 800 * 24 = 39.99
  assert.deepEqual(
    [side, canvasSide(transforms["own-shape"], 384), canvasSide(transforms.clip, 384)],
    [36, 608, 384],
  );
  const run = openTransform(config, 24);
  const draw = rng("shapes");
  const found = new Set<string>();
  for (let i = 0; i < 60; i++) {
    const [height, width] = [9 + draw.integer(60), 9 + draw.integer(60)];
    const [h, w] = originalSides(height, width, 24, 39, 4);
    const where = `${height} x ${width} as ${h} x ${w}`;
    const file = await counted(height, width);
    const got = await run(file, "test", undefined);
    assert.equal(got.length, side * side * 4);
    const { pixels } = imageProcessor({
      resize: { size: { kind: "exact", height: h, width: w }, filter: "bicubic" },
      squeeze: false,
      pad: false,
    }).process(await decodeRgb(file, "test"));
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const own = y < h && x < w;
        const colour = (c: number) => (own ? pixels[(c * h + y) * w + x]! : 0);
        const at = (y * side + x) * 4;
        const expected = [colour(0), colour(1), colour(2), own ? 255 : 0];
        if (expected.some((value, c) => value !== got[at + c])) assert.fail(`${where}, at ${y}, ${x}`);
      }
    }
    found.add(`${h} x ${w}`);
  }
  assert.ok(found.size > 9 && found.has("36 x 24") && found.has("24 x 24"), [...found].join());
  await assert.rejects(run(await counted(60, 5), "thin.png", undefined), /thin\.png.*resized to 0 x 36/s);
});

test("augmented pictures keep their shape too, and random parts have the shape they were drawn in", async () => {
  const shapeOf = (got: Uint8Array, side: number) => {
    const alpha = [...got].filter((_, i) => i % 4 === 3);
    return [
      alpha.filter((a, i) => a > 0 && i % side === 0).length,
      alpha.slice(0, side).filter((a) => a > 0).length,
    ];
  };
  const file = await counted(60, 80);
  const augmented = openTransform({ ...transforms["own-shape-randaug"], filter: "box" }, 64);
  const plain = openTransform({ ...transforms["own-shape"], filter: "box" }, 64);
  const exact = await plain(file, "test", undefined);
  let changed = 0;
  for (let key = 0; key < 9; key++) {
    const got = await augmented(file, "test", key);
    assert.deepEqual(shapeOf(got, 96), [64, 64]); // 64 x 85.3
    if (got.some((level, i) => level !== exact[i])) changed++;
    assert.deepEqual(await augmented(file, "test", key), got);
  }
  assert.ok(changed > 6, `${changed} of 9 changed`);
  const crop = { area: [0.2, 0.3], ratio: [0.5, 0.5] } as const;
  const part = openTransform({ fit: { kind: "own-shape", divisor: 8 }, filter: "box", crop }, 32);
  assert.deepEqual(shapeOf(await part(file, "test", 1), 48), [48, 24]);
  assert.deepEqual(shapeOf(await part(file, "test", undefined), 48), [32, 40]);
});

test("what is random follows from the key alone and covers what it may", async () => {
  const file = await counted(40, 60);
  const config: TransformConfig = {
    fit: { kind: "square" },
    filter: "nearest",
    crop: { area: [0.25, 0.5], ratio: [1, 2] },
    flip: 0.5,
  };
  const run = openTransform(config, 8);
  const corners = new Set<string>();
  let flipped = 0;
  for (let key = 0; key < 200; key++) {
    const got = await run(file, "test", key);
    const [r, g] = [reds(got), greens(got)];
    const [across, down] = [Math.abs(r[7]! - r[0]!) * (8 / 7), (g[56]! - g[0]!) * (8 / 7)];
    const area = (across * down) / (40 * 60);
    assert.ok(area > 0.15 && area < 0.62, `area ${area}`);
    assert.ok(across / down > 0.75 && across / down < 2.5, `ratio ${across / down}`);
    if (r[7]! < r[0]!) flipped++;
    corners.add(`${Math.min(r[0]!, r[7]!)},${g[0]}`);
  }
  assert.ok(flipped > 70 && flipped < 130, `${flipped} of 200 mirrored`);
  assert.ok(corners.size > 120, `${corners.size} places`);
  assert.deepEqual(await run(file, "test", 3), await run(file, "test", 3));
});

test("RandAugment draws all operations of its policy, each with its probability, in the order of the key", () => {
  const image = {
    data: Uint8Array.from({ length: 3 * 24 * 31 }, (_, i) => 40 + ((i * 37) % 150)),
    height: 24,
    width: 31,
  };
  const changed = (policy: "pillow" | "opencv", count: number) =>
    Array.from({ length: 300 }, (_, key) =>
      randAugment(
        { ...image, data: image.data.slice() },
        { policy, count, magnitude: 7 },
        0.5,
        rng(key),
      ).data.join(),
    ).filter((levels) => levels !== image.data.join());
  // All 14 operations of ViLT change this picture, and 9 of VLMo's 10 every second time: one is the identity.
  const [vlmo, vilt] = [changed("opencv", 1), changed("pillow", 1)];
  assert.ok(vlmo.length > 100 && vlmo.length < 165, `${vlmo.length} of 300`);
  assert.ok(vilt.length === 300, `${vilt.length} of 300`);
  assert.ok(new Set(vilt).size > 14 && new Set(changed("pillow", 2)).size > 100);
  assert.equal(changed("pillow", 0).length, 0);
  assert.deepEqual(changed("pillow", 2), changed("pillow", 2));
});

test("a picture too thin to be resized is named", async () => {
  const file = await counted(1, 99);
  await assert.rejects(
    openTransform({ fit: { kind: "pad", level: 0 }, filter: "box" }, 8)(file, "thin.png", undefined),
    (error) => error instanceof BifocalError && error.fields.where === "thin.png",
  );
});
