/**
 * Residual network: convolutions that learn what to add. He et al. 2016, arXiv:1512.03385, sections 3.3 and 4.1, with
 * frozen batch normalisation.
 * B pictures of Y by X pixels, P = h w patches of the last grid, I width.
 *
 * Differs: "v1.5" shrinks the grid in the 3 x 3 convolution of a bottleneck, the paper in the 1 x 1 in front of it.
 */
import { dims, rearrange } from "../../graph/rearrange.ts";
import { apply, type Tensor } from "../../graph/tensor.ts";
import { convolution, frozenBatchNorm } from "../../nn/convolution.ts";
import { repeat, type Scope } from "../../nn/scope.ts";
import type { ImageInput, ImageTower } from "../contracts.ts";

/** ResNet-50: stem 64, depths 3 4 6 3, widths 256 512 1024 2048, "bottleneck". */
export interface ResnetConfig {
  /** Channels of the first convolution. */
  readonly stem: number;
  /** Layers of each stage; every stage but the first halves the grid. */
  readonly depths: readonly number[];
  /** Channels each stage returns. */
  readonly widths: readonly number[];
  /** "basic": two 3 x 3; "bottleneck": 1 x 1, 3 x 3 and 1 x 1, the first two with a quarter of the channels. */
  readonly layer: "basic" | "bottleneck";
  /** Which convolution of a bottleneck has the stride: the first, as the paper, or the second, as v1.5. */
  readonly strideAt: 0 | 1;
  /** The first stage halves the grid too. */
  readonly halveFirst: boolean;
}

/** Of every published ResNet. */
const epsilon = 1e-5;

interface UnitConfig {
  readonly from: number;
  readonly to: number;
  readonly kernel: number;
  readonly stride: number;
}

/** A convolution and its norm: f32[B,from,H,W] to [B,to,ceil(H / stride),ceil(W / stride)]. */
function unit(at: Scope, c: UnitConfig) {
  const padding = Math.floor(c.kernel / 2);
  const convolve = convolution(at.in("convolution"), { ...c, padding, bias: false });
  const norm = frozenBatchNorm(at.in("norm"), c.to, epsilon);
  return (x: Tensor): Tensor => norm(convolve(x));
}

/** One residual layer; where it changes width or grid, the way around it is a 1 x 1 convolution (section 3.3, option B). */
function residualLayer(at: Scope, c: ResnetConfig, from: number, to: number, stride: number) {
  const inner = to / 4;
  const units: UnitConfig[] =
    c.layer === "basic"
      ? [
          { from, to, kernel: 3, stride },
          { from: to, to, kernel: 3, stride: 1 },
        ]
      : [
          { from, to: inner, kernel: 1, stride: c.strideAt === 0 ? stride : 1 },
          { from: inner, to: inner, kernel: 3, stride: c.strideAt === 1 ? stride : 1 },
          { from: inner, to, kernel: 1, stride: 1 },
        ];
  const branch = units.map((config, i) => unit(at.in(`units.${i}`), config));
  const around =
    from === to && stride === 1 ? (x: Tensor) => x : unit(at.in("shortcut"), { from, to, kernel: 1, stride });
  return at.layer((x: Tensor): Tensor => {
    const y = branch.reduce((input, convolve, i) => convolve(i === 0 ? input : input.relu()), x);
    return y.add(around(x)).relu();
  });
}

/** The stages from the first convolution: f32[B,3,Y,X] to the pooled stem and what each stage returns. */
function stages(at: Scope, c: ResnetConfig): (pixels: Tensor) => Tensor[] {
  const stem = unit(at.in("stem"), { from: 3, to: c.stem, kernel: 7, stride: 2 });
  const layers = c.widths.map((width, stage) =>
    repeat(c.depths[stage]!, (i) => {
      const from = i > 0 ? width : (c.widths[stage - 1] ?? c.stem);
      const stride = i === 0 && (stage > 0 || c.halveFirst) ? 2 : 1;
      return residualLayer(at.in(`stages.${stage}.${i}`), c, from, width, stride);
    }),
  );
  return (pixels) => {
    dims([pixels, "B 3 Y X"]);
    const grids = [apply("maxPool2d", { size: 3, stride: 2, padding: 1 }, stem(pixels).relu())];
    for (const stage of layers) grids.push(stage.reduce((x, layer) => layer(x), grids.at(-1)!));
    return grids;
  };
}

/**
 * Grid features: every cell of the last stage is a patch, and their mean is the picture. `layers` are the pooled stem
 * and every stage, f32[B, cells, channels] with fewer cells and more channels from one to the next. Padding is made
 * zero; a cell is kept where its first pixel is, as pictures are padded on the right and below; kept cells are averaged.
 */
export function resnet(at: Scope, c: ResnetConfig): ImageTower {
  const run = stages(at, c);
  const stride = 2 ** (c.widths.length + (c.halveFirst ? 2 : 1)); // pixels from cell to cell

  return {
    width: c.widths.at(-1)!,
    specials: 0,
    encode: at.layer(({ pixels, keep }: ImageInput) => {
      const inside = keep?.cast("f32").unsqueeze(1); // [B, 1, Y, X]
      const grids = run(inside === undefined ? pixels : pixels.mul(inside));
      const layers = grids.map((grid) => rearrange(grid, "B C h w -> B (h w) C"));
      const patches = layers.at(-1)!; // [B, P, I]
      if (inside === undefined) return { patches, pooled: patches.mean(1), layers, attention: [] };

      const { B, P } = dims([patches, "B P I"]);
      const kept = apply("maxPool2d", { size: 1, stride, padding: 0 }, inside).reshape([B, P, 1]);
      const pooled = patches.mul(kept).sum(1).div(kept.sum(1));
      return { patches, pooled, keep: kept.reshape([B, P]).cast("bool"), layers, attention: [] };
    }),
  };
}
