import { dims } from "../graph/rearrange.ts";
import { constant, type Tensor } from "../graph/tensor.ts";

/** Red, green and blue, u8[B,Y,X,3], of pictures that may have a fourth number, which says where they are. */
export function coloursOf(image: Tensor): Tensor {
  return image.shape[3] === 3 ? image : image.slice(3, 0, 3);
}

/** Where pictures u8[B,Y,X,4] are on their canvas: bool[B,Y,X]. */
export function shownBy(image: Tensor): Tensor {
  const { B, Y, X } = dims([image, "B Y X 4"]);
  return image.slice(3, 3, 4).reshape([B, Y, X]).cast("f32").less(0.5).not();
}

/** Pictures as they are stored, u8[B,Y,X,3], as towers read them: f32[B,3,Y,X], (value / 255 - mean) / std by colour. */
export function pixels(
  image: Tensor,
  { mean, std }: { readonly mean: readonly number[]; readonly std: readonly number[] },
): Tensor {
  dims([image, "B Y X 3"]);
  const scale = constant(
    "f32",
    [3],
    std.map((deviation) => 1 / (255 * deviation)),
  );
  const shift = constant(
    "f32",
    [3],
    mean.map((value, i) => value / std[i]!),
  );
  return image.cast("f32").mul(scale).sub(shift).transpose([0, 3, 1, 2]);
}
