import assert from "node:assert/strict";
import { test } from "node:test";
import { resample } from "./resample.ts";
import { type ResampleFilter, resampleWeights } from "./resample-weights.ts";
import { centreCrop, cut, type RgbImage } from "./rgb-image.ts";

const filters: readonly ResampleFilter[] = ["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"];

/** Each pixel three times its own number, from 1 on. */
const counted = (height: number, width: number): RgbImage => ({
  data: Uint8Array.from({ length: height * width * 3 }, (_, i) => 1 + Math.floor(i / 3)),
  height,
  width,
});

test("one colour stays that colour, at odd sizes too", () => {
  const data = Uint8Array.from({ length: 5 * 7 * 3 }, (_, i) => [0, 131, 255][i % 3]!);
  for (const filter of filters) {
    const { data: got, ...size } = resample({ data, height: 5, width: 7 }, 3, 11, filter);
    assert.deepEqual(size, { height: 3, width: 11 });
    assert.ok(
      got.every((value, i) => value === [0, 131, 255][i % 3]),
      filter,
    );
  }
});

/** The definition: one axis after the other, sums of integers, rounded to levels. */
function plainly(
  image: RgbImage,
  height: number,
  width: number,
  filter: Exclude<ResampleFilter, "nearest">,
): Uint8Array {
  const along = (from: number, to: number, at: (i: number) => number) => {
    const { first, count, weights, taps, bits } = resampleWeights(from, to, filter);
    return Array.from({ length: to }, (_, i) => {
      let sum = 2 ** (bits - 1);
      for (let k = 0; k < count[i]!; k++) sum += at(first[i]! + k) * weights[i * taps + k]!;
      return Math.max(0, Math.min(255, Math.floor(sum / 2 ** bits)));
    });
  };
  const between = Array.from({ length: image.height * 3 }, (_, line) => {
    const [y, channel] = [Math.floor(line / 3), line % 3];
    return along(image.width, width, (x) => image.data[(y * image.width + x) * 3 + channel]!);
  });
  const result = new Uint8Array(height * width * 3);
  for (let i = 0; i < width * 3; i++) {
    const [x, channel] = [Math.floor(i / 3), i % 3];
    const column = along(image.height, height, (y) => between[y * 3 + channel]![x]!);
    for (const [y, level] of column.entries()) result[y * width * 3 + i] = level;
  }
  return result;
}

test("the kernels give the definition's levels at any size, and of a window those that the whole has", () => {
  const sizes = [
    [1, 1, 1, 1],
    [1, 7, 5, 3],
    [31, 2, 3, 40],
    [3, 17, 3, 5],
    [13, 5, 29, 5],
    [2, 4000, 2, 3],
    [3000, 3, 2, 4],
    [61, 83, 17, 30],
  ] as const;
  for (const [height, width, toHeight, toWidth] of sizes) {
    // Sharp edges, so that the filters' negative weights leave 0 to 255.
    const data = Uint8Array.from({ length: height * width * 3 }, (_, i) =>
      (i * 7919) % 11 < 5 ? 0 : 255 - ((i * 31) % 17),
    );
    for (const filter of ["box", "bilinear", "bicubic", "lanczos"] as const) {
      const what = `${height} x ${width} to ${toHeight} x ${toWidth}, ${filter}`;
      const image = { data, height, width };
      const whole = resample(image, toHeight, toWidth, filter);
      assert.deepEqual(whole.data, plainly(image, toHeight, toWidth, filter), what);
      const [top, left] = [Math.floor(toHeight / 3), Math.floor(toWidth / 2)];
      const window = { top, left, height: Math.ceil(toHeight / 2), width: Math.ceil(toWidth / 3) };
      assert.deepEqual(
        resample(image, toHeight, toWidth, filter, window),
        cut(whole, window),
        `${what}, window`,
      );
    }
  }
});

test("the same size is the same picture; box of a whole multiple is the mean", () => {
  const image = counted(4, 6);
  for (const filter of filters) {
    assert.deepEqual(resample(image, 4, 6, filter).data, image.data, filter);
  }
  // The rows 1..6 and 7..12: of each three columns the means 2 and 5, 8 and 11; of the rows 5 and 8.
  assert.deepEqual([...resample(counted(2, 6), 1, 2, "box").data], [5, 5, 5, 8, 8, 8]);
});

test("bicubic weights halfway between two samples are Keys' with a = -0.5", () => {
  const { first, weights, taps, bits } = resampleWeights(8, 16, "bicubic");
  assert.equal(first[8], 2);
  const distances = [1.75, 0.75, 0.25, 1.25].map((d) =>
    d < 1 ? 1.5 * d ** 3 - 2.5 * d ** 2 + 1 : -0.5 * d ** 3 + 2.5 * d ** 2 - 4 * d + 2,
  );
  for (const [k, expected] of distances.entries()) {
    assert.ok(Math.abs(weights[8 * taps + k]! / 2 ** bits - expected) < 1e-4, `tap ${k}`);
  }
});

test("torch's weights are as fine as 16 bits allow", () => {
  for (const [from, to] of [
    [640, 224],
    [7, 7000],
    [9000, 3],
  ] as const) {
    const { weights, bits } = resampleWeights(from, to, "bilinear");
    const largest = Math.max(...weights);
    assert.ok(largest < 2 ** 15 && (largest >= 2 ** 14 || bits === 22), `${largest} of ${bits} bits`);
  }
});

test("the middle is cut out, what is too small gets black around it", () => {
  const firsts = (image: RgbImage) => [...image.data].filter((_, i) => i % 3 === 0);
  assert.deepEqual(firsts(centreCrop(counted(3, 4), 2, 1)), [2, 6]);
  assert.deepEqual(firsts(centreCrop(counted(2, 2), 3, 5)), [0, 1, 2, 0, 0, 0, 3, 4, 0, 0, 0, 0, 0, 0, 0]);
  assert.deepEqual(firsts(centreCrop(counted(3, 1), 1, 3)), [0, 2, 0]);
});
