import assert from "node:assert/strict";
import { test } from "node:test";
import { resample } from "./resample.ts";
import { type ResampleFilter, resampleWeights } from "./resample-weights.ts";
import { centreCrop, type RgbImage } from "./rgb-image.ts";

const filters: readonly ResampleFilter[] = ["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"];

/** Each pixel three times its own number, from 1 on. */
const counted = (height: number, width: number): RgbImage => ({
  data: Uint8Array.from({ length: height * width * 3 }, (_, i) => 1 + Math.floor(i / 3)),
  height,
  width,
});

test("one colour stays that colour, at odd sizes too", () => {
  for (const filter of filters) {
    for (const rounding of ["pillow", "torch"] as const) {
      const data = Uint8Array.from({ length: 5 * 7 * 3 }, (_, i) => [0, 131, 255][i % 3]!);
      const { data: got, ...size } = resample({ data, height: 5, width: 7 }, 3, 11, filter, rounding);
      assert.deepEqual(size, { height: 3, width: 11 });
      assert.ok(
        got.every((value, i) => value === [0, 131, 255][i % 3]),
        `${filter} ${rounding}`,
      );
    }
  }
});

test("the same size is the same picture; box of a whole multiple is the mean", () => {
  const image = counted(4, 6);
  for (const filter of filters) {
    assert.deepEqual(resample(image, 4, 6, filter, "torch").data, image.data, filter);
  }
  // The rows 1..6 and 7..12: of each three columns the means 2 and 5, 8 and 11; of the rows 5 and 8.
  assert.deepEqual([...resample(counted(2, 6), 1, 2, "box", "pillow").data], [5, 5, 5, 8, 8, 8]);
});

test("bicubic weights halfway between two samples are Keys' with a = -0.5", () => {
  const { first, weights, taps, bits } = resampleWeights(8, 16, "bicubic", "pillow");
  assert.equal(first[8], 2);
  const distances = [1.75, 0.75, 0.25, 1.25].map((d) =>
    d < 1 ? 1.5 * d ** 3 - 2.5 * d ** 2 + 1 : -0.5 * d ** 3 + 2.5 * d ** 2 - 4 * d + 2,
  );
  for (const [k, expected] of distances.entries()) {
    assert.ok(Math.abs(weights[8 * taps + k]! / 2 ** bits - expected) < 1e-6, `tap ${k}`);
  }
});

test("torch's weights are as fine as 16 bits allow", () => {
  for (const [from, to] of [
    [640, 224],
    [7, 7000],
    [9000, 3],
  ] as const) {
    const { weights, bits } = resampleWeights(from, to, "bilinear", "torch");
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
