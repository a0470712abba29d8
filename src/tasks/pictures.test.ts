import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly } from "../backends/reference/finite-differences.ts";
import { onCanvas } from "../data/transform.ts";
import type { Picture } from "../datasets/contracts.ts";
import { graphOf } from "../graph/graph.ts";
import { apply } from "../graph/tensor.ts";
import { fillPictures, imageInput, pictureType, shownGrid } from "./pictures.ts";

const squares = { imageSize: 2 };
const shapes = { imageSize: 2, patch: 1, canvas: { side: 3, mostPatches: 6 } };
const level = (i: number) => 10 + i;
const picture = (data: Uint8Array): Picture => ({ id: "p", pixels: async () => data });
const drawn = picture(Uint8Array.from({ length: 12 }, (_, i) => level(i)));
const tall = picture(
  onCanvas({ data: Uint8Array.from({ length: 9 }, (_, i) => level(i)), height: 3, width: 1 }, 3),
);

test("squares lie as they are, other shapes and squares among them on canvases", async () => {
  assert.deepEqual(pictureType(5, squares).shape, [5, 2, 2, 3]);
  assert.deepEqual(pictureType(5, shapes).shape, [5, 3, 3, 4]);
  const plain = new Uint8Array(24);
  await fillPictures(plain, squares, [drawn], () => undefined);
  assert.deepEqual([...plain.subarray(0, 3), ...plain.subarray(12)], [10, 11, 12, ...Array(12).fill(0)]);

  const image = new Uint8Array(3 * 36).fill(77); // one row more than there are pictures
  await fillPictures(image, shapes, [drawn, tall], () => undefined);
  const alpha = (row: number) => [...image.subarray(row * 36, (row + 1) * 36)].filter((_, i) => i % 4 === 3);
  assert.deepEqual(alpha(0), [255, 255, 0, 255, 255, 0, 0, 0, 0]);
  assert.deepEqual(alpha(1), [255, 0, 0, 255, 0, 0, 255, 0, 0]);
  assert.deepEqual([...image.subarray(12, 20)], [16, 17, 18, 255, 19, 20, 21, 255]);
  assert.deepEqual(shownGrid(image.subarray(0, 36), shapes), { rows: 2, columns: 2 });
  assert.deepEqual(shownGrid(image.subarray(36, 72), shapes), { rows: 3, columns: 1 });

  const type = pictureType(2, shapes);
  const { pixels, keep, most } = imageInput(
    apply("input", { name: "image", type }),
    { mean: [0, 0, 0], std: [1, 1, 1] },
    shapes,
  );
  assert.equal(most, 6);
  const seen = await evaluateExactly(graphOf({ pixels, keep: keep!.cast("f32") }), {
    image: image.subarray(0, 72),
  });
  assert.deepEqual(
    [...seen.keep!],
    [0, 1].flatMap((row) => alpha(row).map((value) => value / 255)),
  );
  assert.deepEqual(
    [...seen.pixels!.subarray(0, 9)].map((value) => Math.round(255 * value)),
    [10, 13, 0, 16, 19, 0, 0, 0, 0],
  );
});
