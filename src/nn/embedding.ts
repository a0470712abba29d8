import { dims, rearrange } from "../graph/rearrange.ts";
import type { Tensor } from "../graph/tensor.ts";
import { linear } from "./linear.ts";
import type { Scope } from "./scope.ts";

/** `patch` in pixels; a patch is read channel by channel, then row by row, as convolution weights lie. */
export interface PatchEmbeddingConfig {
  readonly patch: number;
  readonly width: number;
  /** CLIP has none. */
  readonly bias: boolean;
}

/** A convolution whose stride is its kernel, as one product (Dosovitskiy et al. 2021, arXiv:2010.11929, eq. 1): f32 [B,3,H,W] to [B,P,D]. */
export function patchEmbedding(at: Scope, { patch, width, bias }: PatchEmbeddingConfig) {
  const project = linear(at, { from: 3 * patch * patch, to: width, bias });
  return at.layer((image: Tensor): Tensor => {
    dims([image, "B 3 H W"]);
    return project(rearrange(image, "B C (h p) (w q) -> B (h w) (C p q)", { p: patch, q: patch }));
  });
}
