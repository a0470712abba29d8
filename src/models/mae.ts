/**
 * Masked autoencoder: most patches are removed before the encoder, and a small decoder paints them. He et al. 2022,
 * arXiv:2111.06377, section 3. B batch, P patches, K of them visible, I the encoder's width, D the decoder's.
 */
import { dims, rearrange } from "../graph/rearrange.ts";
import { concat, constant, type Tensor } from "../graph/tensor.ts";
import { type BlockConfig, encoderBlock, runBlocks } from "../nn/block.ts";
import { type Grid, gridPositions } from "../nn/grid-positions.ts";
import { normal } from "../nn/init.ts";
import { linear } from "../nn/linear.ts";
import { layerNorm } from "../nn/norm.ts";
import { repeat, type Scope } from "../nn/scope.ts";
import type { Removal } from "./contracts.ts";

/** What is left of an embedded picture. */
export interface Visible extends Removal {
  /** f32[B,1+K,I]: the class token, then the visible patches in random order. */
  readonly tokens: Tensor;
}

/** Removes the share `ratio` of the patches: those with the largest `noise`, f32[B,P]. tokens f32[B,1+P,I]. */
export function removePatches(tokens: Tensor, noise: Tensor, ratio: number): Visible {
  const { B, P } = dims([noise, "B P"]);
  dims([tokens, `${B} ${1 + P} I`]);
  const visible = Math.trunc(P * (1 - ratio));
  const order = ascending(noise);
  const places = ascending(order.cast("f32"));
  const patches = rowsOf(tokens.slice(1, 1, 1 + P), order.slice(1, 0, visible));
  const removed = places.less(visible).where(0, 1).cast("f32");
  return { tokens: concat([tokens.slice(1, 0, 1), patches], 1), removed, places };
}

/** Sizes of the decoder; `from` is the encoder's width. */
export interface PixelDecoderConfig extends Omit<BlockConfig, "norm"> {
  readonly from: number;
  readonly depth: number;
  readonly patch: number;
  readonly grid: Grid;
}

/**
 * From the encoder's tokens f32[B,1+K,I] and the `places` of all patches to their pixels f32[B,P,patch * patch * 3],
 * row by row, colours last. Positions are fixed.
 */
export function pixelDecoder(at: Scope, c: PixelDecoderConfig) {
  const embed = linear(at.in("embed"), { from: c.from, to: c.width });
  const mask = at.param("mask", [1, 1, c.width], normal(at.std));
  const table = { width: c.width, grid: c.grid, specials: 1, interpolation: "bicubic" } as const;
  const placesOf = gridPositions(at, { ...table, kind: "fixed" });
  const blocks = repeat(c.depth, (i) => encoderBlock(at.in(`blocks.${i}`), { ...c, norm: "pre" }));
  const norm = layerNorm(at.in("norm"), c.width, c.epsilon);
  const paint = linear(at.in("pixels"), { from: c.width, to: c.patch ** 2 * 3 });
  return at.layer((tokens: Tensor, places: Tensor, grid: Grid): Tensor => {
    const { B, P } = dims([places, "B P"]);
    const x = embed(tokens); // [B, 1 + K, D]
    const visible = x.shape[1]! - 1;
    const missing = mask.expand([B, P - visible, c.width]);
    const patches = rowsOf(concat([x.slice(1, 1, 1 + visible), missing], 1), places);
    const all = concat([x.slice(1, 0, 1), patches], 1).add(placesOf(grid));
    const { layers } = runBlocks(blocks, all);
    return paint(norm(layers.at(-1)!)).slice(1, 1, 1 + P);
  });
}

/** What the decoder should paint: f32[B,3,Y,X] to [B,P,patch * patch * 3], each patch by its own mean and deviation where `normalised`. */
export function patchPixels(pixels: Tensor, patch: number, normalised: boolean): Tensor {
  const patches = rearrange(pixels, "B C (h p) (w q) -> B (h w) (p q C)", { p: patch, q: patch });
  if (!normalised) return patches;
  const n = patches.shape[2]!;
  const centred = patches.sub(patches.mean(2, true));
  const variance = centred
    .mul(centred)
    .sum(2, true)
    .mul(1 / (n - 1));
  return centred.div(variance.add(1e-6).sqrt());
}

/** Indices that put each row of f32[B,P] in rising order: i32[B,P]. */
function ascending(x: Tensor): Tensor {
  return x.neg().topK(x.shape[1]!).indices;
}

/** From each row b of x [B,N,D] the tokens ids[b]: i32[B,K] to [B,K,D]. */
function rowsOf(x: Tensor, ids: Tensor): Tensor {
  const { B, N, D } = dims([x, "B N D"]);
  const starts = constant(
    "i32",
    [B, 1],
    Int32Array.from({ length: B }, (_, b) => b * N),
  );
  return x.reshape([B * N, D]).gather(ids.add(starts));
}
