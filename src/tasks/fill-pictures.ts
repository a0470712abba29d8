import type { TypedArray } from "../core/dtype.ts";
import type { Picture } from "../datasets/contracts.ts";

/** Writes pictures one behind the other into u8[pictures, imageSize, imageSize, 3], each varied by its key where it has one. */
export async function fillPictures(
  target: TypedArray,
  imageSize: number,
  pictures: readonly Picture[],
  keyOf: (row: number) => number | undefined,
): Promise<void> {
  const size = imageSize ** 2 * 3;
  await Promise.all(
    pictures.map(async (picture, row) => {
      target.set(await picture.pixels(imageSize, keyOf(row)), row * size);
    }),
  );
}
