/**
 * Positions for pictures of any size and shape: each picture's own grid of patches gets the whole table, stretched.
 * Kim et al. 2021 (ViLT), arXiv:2102.03334, section 3.1. Interpolation is linear in the table, and its weights are plain
 * functions of the numbers of rows and columns, so a graph of fixed shapes serves pictures of all sizes.
 * B pictures, h rows and w columns of patches on the canvas, R and C those of the table, D width.
 */
import { dims } from "../graph/rearrange.ts";
import { full, iota, type Tensor } from "../graph/tensor.ts";
import type { Grid } from "./grid-positions.ts";
import { gridWaves } from "./init.ts";
import type { Scope } from "./scope.ts";

/** The table f32[1 + R * C, D] as "positions": the class token's row, then the patches'. */
export function fittedPositions(at: Scope, { width, grid }: { readonly width: number; readonly grid: Grid }) {
  const [R, C] = grid;
  const places = { of: "places", others: 1, interpolation: "bilinear" } as const;
  const table = at.param("positions", [1 + R * C, width], gridWaves(1, C), places);
  const patches = table.slice(0, 1, 1 + R * C);

  return {
    /** f32[1,D] */
    ofClass: table.slice(0, 0, 1),
    /**
     * f32[B,h*w,D], bilinear with aligned corners (the table's corners lie on the picture's); zero outside a picture.
     * `kept` is bool[B,h,w]: pictures fill a rectangle at the top left of the canvas. Without it they fill all, B = 1.
     */
    ofPatches: at.layer(([h, w]: Grid, kept?: Tensor): Tensor => {
      if (kept === undefined && h === R && w === C) return patches.unsqueeze(0);
      const filled = kept?.cast("f32") ?? full(1, "f32", [1, h, w]);
      const { B } = dims([filled, `B ${h} ${w}`]);
      const tall = stretch(filled.at(2, 0), R) // [B, h, R]
        .reshape([B * h, R])
        .matmul(patches.reshape([R, C * width]))
        .reshape([B * h, C, width]);
      const across = stretch(filled.at(1, 0), C).unsqueeze(1).expand([B, h, w, C]);
      return across
        .reshape([B * h, w, C])
        .matmul(tall)
        .reshape([B, h * w, width]);
    }),
  };
}

/** Weights f32[B,n,from] of `from` samples for each of n places, of which the first ones, marked 1 in f32[B,n], are filled. */
function stretch(filled: Tensor, from: number): Tensor {
  const { B, n } = dims([filled, "B n"]);
  const steps = filled.sum(1).sub(1).maximum(1).reshape([B, 1, 1]);
  const place = iota(n).cast("f32").reshape([1, n, 1]);
  const sample = iota(from).cast("f32").reshape([1, 1, from]);
  const centre = place.mul(full(from - 1).div(steps)); // [B, n, 1]
  const hat = full(1).sub(centre.sub(sample).abs()).relu();
  return hat.mul(filled.unsqueeze(2));
}
