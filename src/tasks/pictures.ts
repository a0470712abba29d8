/** How pictures lie in a batch: squares u8[count,S,S,3], or, keeping their shape, on canvases u8[count,S,S,4]. */
import type { TypedArray } from "../core/dtype.ts";
import { sizeOf } from "../core/shape.ts";
import { onCanvas } from "../data/transform.ts";
import type { Picture } from "../datasets/contracts.ts";
import type { TensorType } from "../graph/ops/definition.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Colours, ImageInput } from "../models/contracts.ts";
import { coloursOf, pixels, shownBy } from "../nn/pixels.ts";
import type { Sizes } from "./task.ts";

type PictureSizes = Pick<Sizes, "imageSize" | "canvas">;

/** The array for `count` pictures. */
export function pictureType(count: number, { imageSize, canvas }: PictureSizes): TensorType {
  const side = canvas?.side ?? imageSize;
  return { dtype: "u8", shape: [count, side, side, canvas === undefined ? 3 : 4] };
}

/** One picture as its array has it, varied by `key` where there is one. */
export async function pictureRow(
  picture: Picture,
  { imageSize, canvas }: PictureSizes,
  key?: number,
): Promise<Uint8Array> {
  const data = await picture.pixels(imageSize, key);
  // What is drawn is a square, whatever happens to pictures in files.
  const isSquare = data.length === imageSize ** 2 * 3;
  return canvas !== undefined && isSquare
    ? onCanvas({ data, height: imageSize, width: imageSize }, canvas.side)
    : data;
}

/** Writes pictures one behind the other, each varied by its key where it has one. */
export async function fillPictures(
  target: TypedArray,
  sizes: PictureSizes,
  pictures: readonly Picture[],
  keyOf: (row: number) => number | undefined,
): Promise<void> {
  const size = sizeOf(pictureType(1, sizes).shape);
  await Promise.all(
    pictures.map(async (picture, row) => {
      target.set(await pictureRow(picture, sizes, keyOf(row)), row * size);
    }),
  );
}

/** Rows and columns of patches that a picture has on its canvas; `data` as the array has it. */
export function shownGrid(
  data: Uint8Array,
  { canvas, patch }: Pick<Sizes, "patch"> & { readonly canvas: NonNullable<Sizes["canvas"]> },
): { readonly rows: number; readonly columns: number } {
  const along = (step: number) => {
    let shown = 0;
    while (shown < canvas.side && data[shown * step + 3] !== 0) shown++;
    return Math.floor(shown / patch);
  };
  return { rows: along(canvas.side * 4), columns: along(4) };
}

/** The array as a model reads it. */
export function imageInput(image: Tensor, colours: Colours, { canvas }: PictureSizes): ImageInput {
  const input = { pixels: pixels(coloursOf(image), colours) };
  return canvas === undefined ? input : { ...input, keep: shownBy(image), most: canvas.mostPatches };
}
