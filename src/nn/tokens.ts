import { dims } from "../graph/rearrange.ts";
import { constant, type Tensor } from "../graph/tensor.ts";

/** Tokens of each row by their places: x [B,N,D] and i32[B,K] to [B,K,D]. */
export function tokensAt(x: Tensor, places: Tensor): Tensor {
  const { B, N, D } = dims([x, "B N D"], [places, "B K"]);
  const starts = Int32Array.from({ length: B }, (_, b) => b * N);
  return x.reshape([B * N, D]).gather(places.add(constant("i32", [B, 1], starts)));
}
