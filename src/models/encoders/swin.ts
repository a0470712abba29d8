/**
 * Swin: a vision transformer that attends inside windows and merges patches from stage to stage. Liu et al. 2021,
 * arXiv:2103.14030, section 3. No class token: the mean of the last patches is the picture.
 * B pictures, rows by columns patches, D width of a stage.
 */
import { dropout } from "../../graph/functions.ts";
import { dims, rearrange } from "../../graph/rearrange.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { Activation } from "../../nn/activation.ts";
import type { AttentionConfig } from "../../nn/attention.ts";
import { type BlockConfig, feedForward, residual } from "../../nn/block.ts";
import { patchEmbedding } from "../../nn/embedding.ts";
import { type Grid, gridPositions } from "../../nn/grid-positions.ts";
import { linear } from "../../nn/linear.ts";
import { layerNorm } from "../../nn/norm.ts";
import { repeat, type Scope } from "../../nn/scope.ts";
import { filled, type KeptGrid, windowAttention } from "../../nn/window-attention.ts";
import type { ImageInput, ImageState, ImageTower } from "../contracts.ts";

/** Swin-T: patch 4, window 7, widths 96 192 384 768, depths 2 2 6 2, heads 3 6 12 24, expansion 4. */
export interface SwinConfig {
  /** The picture that absolute positions are made for; without them any size is the same to Swin. */
  readonly imageSize: number | readonly [height: number, width: number];
  readonly patch: number;
  /** Side of a window in patches. */
  readonly window: number;
  /** Of each stage. */
  readonly widths: readonly number[];
  /** Blocks of each stage. */
  readonly depths: readonly number[];
  /** Of the blocks of each stage. */
  readonly heads: readonly number[];
  /** Width inside a feed-forward layer, as a multiple of the stage's. */
  readonly expansion: number;
  readonly activation: Activation;
  readonly dropout: number;
  /** Of the blocks' norms and the last. */
  readonly epsilon: number;
  /** A vector for every place of the first grid, beside the windows' distances. */
  readonly absolutePositions: boolean;
  readonly projectionBias?: AttentionConfig["projectionBias"];
  /** That of the last block; earlier ones have proportionally less. */
  readonly dropPath?: BlockConfig["dropPath"];
}

/** A tower that says how its patches lie. */
export interface Swin extends ImageTower {
  /** Rows and columns of each of the state's `layers`, for pictures of this many pixels. */
  grids(height: number, width: number): readonly Grid[];
}

/** Patches that know their places: x f32[B,rows * columns,D]. */
interface Field {
  readonly x: Tensor;
  readonly grid: Grid;
  readonly keep: KeptGrid;
}

/** Of the norms outside the blocks, in every published Swin. */
const outerEpsilon = 1e-5;

/** Whole patches; what is less is filled up with zeros. */
export function swinGrid({ imageSize, patch }: Pick<SwinConfig, "imageSize" | "patch">): Grid {
  const [height, width] = typeof imageSize === "number" ? [imageSize, imageSize] : imageSize;
  return [Math.ceil(height / patch), Math.ceil(width / patch)];
}

/**
 * See the file's head. `layers` are the first stage's input and what every stage hands on, with fewer and wider patches
 * from one to the next; `attention` is that of every block inside its windows, [B * windows,H,n,n]. A patch is padding
 * where all its pixels, later all patches merged into it, are.
 */
export function swin(at: Scope, c: SwinConfig): Swin {
  const [first] = c.widths as [number];
  const embedPatches = patchEmbedding(at.in("patches"), { patch: c.patch, width: first, bias: true });
  const firstNorm = layerNorm(at.in("firstNorm"), first, outerEpsilon);
  const table = {
    width: first,
    grid: swinGrid(c),
    specials: 0,
    kind: "learned",
    interpolation: "bicubic",
  } as const;
  const placesOf = c.absolutePositions ? gridPositions(at, table) : undefined;
  const stages = c.widths.map((_, stage) => swinStage(at.in(`stages.${stage}`), c, stage));
  const norm = layerNorm(at.in("norm"), c.widths.at(-1)!, c.epsilon);

  const embed = ({ pixels, keep }: ImageInput): Field => {
    const { Y, X } = dims([pixels, "B 3 Y X"], ...(keep ? [[keep, "B Y X"] as const] : []));
    const grid = swinGrid({ imageSize: [Y, X], patch: c.patch });
    const whole = grid.map((size) => size * c.patch) as [number, number];
    const patches = firstNorm(embedPatches(filled(pixels, 2, whole)));
    const places = placesOf?.(grid);
    const x = dropout(places === undefined ? patches : patches.add(places), c.dropout);
    return { x, grid, keep: keep && anyOf(filled(keep.cast("f32"), 1, whole), c.patch) };
  };

  return {
    width: c.widths.at(-1)!,
    specials: 0,
    grids: (height, width) => {
      const start = swinGrid({ imageSize: [height, width], patch: c.patch });
      return [start, ...c.widths.map((_, stage) => halved(start, Math.min(stage + 1, c.widths.length - 1)))];
    },
    encode: at.layer((image: ImageInput): ImageState => {
      const layers: Tensor[] = [];
      const attention: Tensor[] = [];
      let field = embed(image);
      layers.push(field.x);
      for (const stage of stages) {
        const next = stage(field);
        layers.push(next.x);
        attention.push(...next.attention);
        field = next;
      }
      const patches = norm(field.x);
      if (field.keep === undefined) return { patches, pooled: patches.mean(1), layers, attention };
      const { B, P } = dims([patches, "B P D"]);
      const weights = field.keep.cast("f32").reshape([B, P, 1]);
      const pooled = patches.mul(weights).sum(1).div(weights.sum(1));
      return { patches, pooled, keep: field.keep.reshape([B, P]), layers, attention };
    }),
  };
}

/** The blocks of a stage, every second one shifted, and, but in the last stage, the merging of patches. */
function swinStage(at: Scope, c: SwinConfig, stage: number) {
  const width = c.widths[stage]!;
  const before = c.depths.slice(0, stage).reduce((sum, depth) => sum + depth, 0);
  const all = c.depths.reduce((sum, depth) => sum + depth, 0);
  const sizes = {
    ...c,
    width,
    heads: c.heads[stage]!,
    hidden: Math.trunc(c.expansion * width),
    norm: "pre",
  } as const;
  const blocks = repeat(c.depths[stage]!, (i) => {
    const dropPath = ((c.dropPath ?? 0) * (before + i)) / Math.max(1, all - 1);
    return swinBlock(
      at.in(`blocks.${i}`),
      { ...sizes, dropPath },
      { window: c.window, shifted: i % 2 === 1 },
    );
  });
  const next = c.widths[stage + 1];
  const merge = next === undefined ? undefined : merging(at.in("merge"), width, next);
  return (field: Field): Field & { readonly attention: readonly Tensor[] } => {
    const attention: Tensor[] = [];
    let x = field.x;
    for (const block of blocks) {
      const output = block({ ...field, x });
      x = output.x;
      attention.push(output.weights);
    }
    return { ...(merge?.({ ...field, x }) ?? { ...field, x }), attention };
  };
}

/** A pre-norm block whose attention stays inside windows. */
function swinBlock(at: Scope, c: BlockConfig, kind: { readonly window: number; readonly shifted: boolean }) {
  const attend = windowAttention(at.in("attention"), { ...c, ...kind });
  const attentionBranch = residual(at, "attention", c);
  const feed = feedForward(at.in("feed"), c);
  const feedBranch = residual(at, "feed", c);
  return at.layer(({ x, grid, keep }: Field) => {
    let weights = x;
    const mixed = attentionBranch(x, (normed) => {
      const attended = attend(normed, grid, keep);
      weights = attended.weights;
      return attended.output;
    });
    return { x: feedBranch(mixed, feed), weights };
  });
}

/** Two by two patches, column by column, become one (section 3.1); an odd grid is filled up with zeros. */
function merging(at: Scope, from: number, to: number) {
  const norm = layerNorm(at.in("norm"), 4 * from, outerEpsilon);
  const reduce = linear(at.in("reduce"), { from: 4 * from, to, bias: false });
  return at.layer(({ x, grid, keep }: Field): Field => {
    const { B, D } = dims([x, "B P D"]);
    const half = halved(grid, 1);
    const even = half.map((size) => 2 * size) as [number, number];
    const kept = keep?.cast("f32");
    const places = x.reshape([B, ...grid, D]);
    const known = kept === undefined ? places : places.mul(kept.unsqueeze(3));
    const merged = rearrange(filled(known, 1, even), "B (h p) (w q) D -> B (h w) (q p D)", { p: 2, q: 2 });
    return { x: reduce(norm(merged)), grid: half, keep: kept && anyOf(filled(kept, 1, even), 2) };
  });
}

/** The grid after so many mergings. */
function halved(grid: Grid, times: number): Grid {
  return grid.map((size) => Math.ceil(size / 2 ** times)) as unknown as Grid;
}

/** f32[B,Y,X] of zeros and ones to bool[B,Y / side,X / side]: whether any of a square is one. */
function anyOf(kept: Tensor, side: number): Tensor {
  const squares = rearrange(kept, "B (h p) (w q) -> B h w (p q)", { p: side, q: side });
  return squares.sum(3).less(0.5).not();
}
