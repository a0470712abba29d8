/**
 * Vision transformer: patches are words. Dosovitskiy et al. 2021, arXiv:2010.11929, section 3.1. Its variants are
 * options: DeiT (Touvron et al. 2021, arXiv:2012.12877), BEiT (Bao et al. 2022, arXiv:2106.08254), CLIP (Radford et al.
 * 2021, arXiv:2103.00020, section 2.4), SigLIP (Zhai et al. 2023, arXiv:2303.15343), DINOv2 (Oquab et al. 2023,
 * arXiv:2304.07193; its registers: Darcet et al. 2023, arXiv:2309.16588).
 * B batch, P = specials + rows * columns tokens, D width.
 */
import { fail } from "../../core/errors.ts";
import { dropout } from "../../graph/functions.ts";
import { dims, rearrange } from "../../graph/rearrange.ts";
import { concat, full, type Tensor } from "../../graph/tensor.ts";
import type { Activation } from "../../nn/activation.ts";
import { keepBias } from "../../nn/attention.ts";
import { attentionPool } from "../../nn/attention-pool.ts";
import { type BlockConfig, encoderBlock, runBlocks } from "../../nn/block.ts";
import { patchEmbedding } from "../../nn/embedding.ts";
import { type Grid, gridBias, gridPositions } from "../../nn/grid-positions.ts";
import { normal } from "../../nn/init.ts";
import { layerNorm } from "../../nn/norm.ts";
import { repeat, type Scope } from "../../nn/scope.ts";
import type { ImageInput, ImageState, ImageTower } from "../contracts.ts";

/** `width` is a multiple of `heads`. Without the keys that may be absent it is the plain ViT. */
export interface VitConfig {
  /**
   * Side of the square picture in pixels, or height and width. Pictures of other sizes get resized positions; what is
   * less than a patch at the right and the bottom is not read.
   */
  readonly imageSize: number | readonly [height: number, width: number];
  readonly patch: number;
  readonly width: number;
  readonly depth: number;
  readonly heads: number;
  readonly hidden: number;
  readonly activation: Activation;
  readonly dropout: number;
  /** A norm in front of the blocks, and no bias in the patch projection: CLIP. */
  readonly normFirst: boolean;
  readonly epsilon: number;
  /** Tokens in front of the patches, each with a position; ["class"] when absent. */
  readonly specials?: readonly ("class" | "distillation")[] | undefined;
  /** Tokens without a position between the special ones and the patches; 0 when absent. */
  readonly registers?: number | undefined;
  /** "learned" when absent; "fixed" ones are stored but not trained. */
  readonly positions?: "learned" | "fixed" | "none" | undefined;
  /** How other picture sizes get their positions; "bicubic" when absent. */
  readonly interpolation?: "bicubic" | "smooth" | undefined;
  /** A bias on attention scores by distance: a table for each block, one for all, or both. */
  readonly relativePositions?: "each" | "shared" | "both" | undefined;
  readonly projectionBias?: BlockConfig["projectionBias"];
  readonly layerScale?: BlockConfig["layerScale"];
  readonly gated?: BlockConfig["gated"];
  /** That of the last block; earlier ones have proportionally less. */
  readonly dropPath?: BlockConfig["dropPath"];
  /** What becomes the picture's summary: the class token (when absent), the patches' mean, or a query's look at all. */
  readonly pooling?: "class" | "mean" | "attention" | undefined;
  /** Where the last norm stands: on all tokens when absent, or on the summary alone. */
  readonly finalNorm?: "tokens" | "summary" | "none" | undefined;
}

/** What the first block reads, before dropout and first norm. */
export interface EmbeddedImage {
  /** f32[B,P,D] */
  readonly tokens: Tensor;
  /** bool[B,P], true = attend. */
  readonly keep?: Tensor | undefined;
  readonly grid: Grid;
}

/** Its two halves apart, for models that remove or replace tokens in between. */
export interface Vit extends ImageTower {
  /** `change` sees f32[B,rows * columns,D], the patches alone, before they get their places. */
  embed(image: ImageInput, change?: (patches: Tensor) => Tensor): EmbeddedImage;
  run(image: EmbeddedImage): ImageState;
}

/** Whole patches of a picture, rows and columns. */
export function gridOf({ imageSize, patch }: Pick<VitConfig, "imageSize" | "patch">): Grid {
  const [height, width] = typeof imageSize === "number" ? [imageSize, imageSize] : imageSize;
  return [Math.floor(height / patch), Math.floor(width / patch)];
}

/** See the file's head. A patch is padding where all its pixels are; keys there get no attention. */
export function vit(at: Scope, c: VitConfig): Vit {
  const {
    width,
    patch,
    specials = ["class"],
    registers = 0,
    positions = "learned",
    finalNorm = "tokens",
  } = c;
  const grid = gridOf(c);
  if (c.relativePositions !== undefined && (specials.join() !== "class" || registers > 0)) {
    fail("config", `${at.path}, relativePositions`, {
      expected: "the class token alone in front",
      got: specials.join(),
    });
  }
  const embedPatches = patchEmbedding(at.in("patches"), { patch, width, bias: !c.normFirst });
  const specialTokens = specials.map((name) => at.param(name, [1, 1, width], normal(at.std)));
  const registerTokens =
    registers > 0 ? at.param("registers", [1, registers, width], normal(at.std)) : undefined;
  const table = {
    width,
    grid,
    specials: specials.length,
    interpolation: c.interpolation ?? "bicubic",
  } as const;
  const placesOf = positions === "none" ? undefined : gridPositions(at, { ...table, kind: positions });
  const firstNorm = c.normFirst ? layerNorm(at.in("firstNorm"), width, c.epsilon) : undefined;
  const relative = (scope: Scope, kinds: readonly VitConfig["relativePositions"][]) =>
    kinds.includes(c.relativePositions)
      ? gridBias(scope.in("relative"), { heads: c.heads, grid })
      : undefined;
  const sharedBias = relative(at, ["shared", "both"]);
  const blocks = repeat(c.depth, (i) => {
    const scope = at.in(`blocks.${i}`);
    const rate = (c.dropPath ?? 0) * (i / Math.max(1, c.depth - 1));
    const block = encoderBlock(scope, { ...c, norm: "pre", dropPath: rate });
    return { block, ownBias: relative(scope, ["each", "both"]) };
  });
  const norm = finalNorm === "none" ? undefined : layerNorm(at.in("norm"), width, c.epsilon);
  const pool = c.pooling === "attention" ? attentionPool(at.in("pool"), { ...c, norm: "pre" }) : undefined;
  const inFront = specials.length + registers;

  const summary = (tokens: Tensor, keep?: Tensor): Tensor => {
    if (pool !== undefined) return pool(tokens, keep && keepBias(keep));
    if (c.pooling !== "mean") return tokens.at(1, 0);
    const weights = keep?.cast("f32").unsqueeze(2) ?? full(1, "f32", [...tokens.shape.slice(0, 2), 1]);
    const [patches, counted] = [tokens.mul(weights), weights].map((x) =>
      x.slice(1, inFront, x.shape[1]!),
    ) as [Tensor, Tensor];
    return patches.sum(1).div(counted.sum(1));
  };

  const unchanged = (patches: Tensor) => patches;
  const embed = at.layer(
    ({ pixels, keep }: ImageInput, change: typeof unchanged = unchanged): EmbeddedImage => {
      const { B, Y, X } = dims([pixels, "B 3 Y X"], ...(keep ? [[keep, "B Y X"] as const] : []));
      const [rows, columns] = gridOf({ imageSize: [Y, X], patch });
      const whole = (x: Tensor) => x.slice(-2, 0, rows * patch).slice(-1, 0, columns * patch);
      const patches = change(embedPatches(whole(pixels)));
      const withSpecials = concat([...specialTokens.map((token) => token.expand([B, 1, width])), patches], 1);
      const places = placesOf?.([rows, columns]);
      const placed = places === undefined ? withSpecials : withSpecials.add(places);
      const tokens = registerTokens
        ? insert(placed, registerTokens.expand([B, registers, width]), specials.length)
        : placed;
      return { tokens, keep: keep && keptTokens(whole(keep), patch, inFront), grid: [rows, columns] };
    },
  );

  const run = at.layer(({ tokens, keep, grid }: EmbeddedImage): ImageState => {
    const x = firstNorm === undefined ? dropout(tokens, c.dropout) : firstNorm(tokens);
    const bias = sum(keep && keepBias(keep), sharedBias?.(grid));
    const biased = blocks.map(
      ({ block, ownBias }) =>
        (x: Tensor) =>
          block(x, sum(bias, ownBias?.(grid))),
    );
    const { layers, attention } = runBlocks(biased, x);
    const last = layers.at(-1)!;
    const patches = norm !== undefined && finalNorm === "tokens" ? norm(last) : last;
    const summed = summary(patches, keep);
    const pooled = norm !== undefined && finalNorm === "summary" ? norm(summed) : summed;
    return { patches, pooled, keep, layers, attention };
  });

  return {
    width,
    specials: inFront,
    norm: finalNorm === "tokens" ? norm : undefined,
    embed,
    run,
    encode: (image) => run(embed(image)),
  };
}

/** x [B,N,D] with `tokens` in front of its token `at`. */
function insert(x: Tensor, tokens: Tensor, at: number): Tensor {
  return concat([x.slice(1, 0, at), tokens, x.slice(1, at, x.shape[1]!)], 1);
}

function sum(a: Tensor | undefined, b: Tensor | undefined): Tensor | undefined {
  return a && b ? a.add(b) : (a ?? b);
}

/** bool[B,Y,X] of pixels as bool[B,P] of tokens: what has any pixel of the picture, and all tokens in front. */
function keptTokens(keep: Tensor, patch: number, inFront: number): Tensor {
  const pixels = rearrange(keep.cast("f32"), "B (h p) (w q) -> B (h w) (p q)", { p: patch, q: patch });
  const patches = pixels.sum(2).less(0.5).not();
  return inFront === 0 ? patches : concat([full(1, "bool", [keep.shape[0]!, inFront]), patches], 1);
}
