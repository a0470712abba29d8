/**
 * Vision transformer: patches are words. Dosovitskiy et al. 2021, arXiv:2010.11929, section 3.1; with `normFirst`,
 * "quick" GELU and a patch projection without bias it is CLIP's (Radford et al. 2021, arXiv:2103.00020, section 2.4).
 * B batch, P = 1 + (S / patch)^2 tokens, D width.
 */
import { dropout } from "../../graph/functions.ts";
import type { GeluKind } from "../../graph/ops/elementwise.ts";
import { dims } from "../../graph/rearrange.ts";
import { concat, type Tensor } from "../../graph/tensor.ts";
import { encoderBlock } from "../../nn/block.ts";
import { patchEmbedding } from "../../nn/embedding.ts";
import { gridWaves, normal } from "../../nn/init.ts";
import { layerNorm } from "../../nn/norm.ts";
import { repeat, type Scope } from "../../nn/scope.ts";
import type { ImageTower } from "../contracts.ts";

/** `imageSize` is a multiple of `patch`, `width` of `heads`. */
export interface VitConfig {
  /** Side of the square picture in pixels. */
  readonly imageSize: number;
  readonly patch: number;
  readonly width: number;
  readonly depth: number;
  readonly heads: number;
  readonly hidden: number;
  readonly activation: GeluKind;
  readonly dropout: number;
  /** A norm in front of the blocks, and no bias in the patch projection. */
  readonly normFirst: boolean;
  readonly epsilon: number;
}

/** Row 0 of the patches is the class token, which after the last norm is the picture's summary too. */
export function vit(at: Scope, c: VitConfig): ImageTower {
  const patchesPerSide = c.imageSize / c.patch;
  const embed = patchEmbedding(at.in("patches"), { patch: c.patch, width: c.width, bias: !c.normFirst });
  const classToken = at.param("class", [1, 1, c.width], normal(at.std));
  const positions = at.param("positions", [1 + patchesPerSide ** 2, c.width], gridWaves);
  const firstNorm = c.normFirst ? layerNorm(at.in("firstNorm"), c.width, c.epsilon) : undefined;
  const blocks = repeat(c.depth, (i) => encoderBlock(at.in(`blocks.${i}`), { ...c, norm: "pre" }));
  const norm = layerNorm(at.in("norm"), c.width, c.epsilon);

  return {
    width: c.width,
    encode: at.layer((image: Tensor) => {
      const { B } = dims([image, `B 3 ${c.imageSize} ${c.imageSize}`]);
      const tokens = concat([classToken.expand([B!, 1, c.width]), embed(image)], 1).add(positions); // [B, P, D]
      let x = firstNorm === undefined ? dropout(tokens, c.dropout) : firstNorm(tokens);
      for (const block of blocks) x = block(x).x;
      const patches = norm(x);
      return { patches, pooled: patches.at(1, 0) };
    }),
  };
}
