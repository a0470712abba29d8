import { dims } from "../graph/rearrange.ts";
import type { Tensor } from "../graph/tensor.ts";

/** Pictures as they are stored, u8[B,S,S,3], as towers read them: f32[B,3,S,S] in [-1, 1]. */
export function pixels(image: Tensor): Tensor {
  dims([image, "B S S 3"]);
  return image
    .cast("f32")
    .mul(1 / 127.5)
    .sub(1)
    .transpose([0, 3, 1, 2]);
}
