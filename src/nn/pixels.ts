import { dims } from "../graph/rearrange.ts";
import { constant, type Tensor } from "../graph/tensor.ts";

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
