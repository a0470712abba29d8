/** Where a patch is: by a vector for each place of the grid, or by a number for each distance between two places. */
import { type Interpolation, resize } from "../graph/resize.ts";
import { concat, constant, type Tensor } from "../graph/tensor.ts";
import { gridWaves, zeros } from "./init.ts";
import type { Scope } from "./scope.ts";

/** Rows and columns of patches. */
export type Grid = readonly [rows: number, columns: number];

/** The grid that a position table is made for. */
export interface GridPositionsConfig {
  readonly width: number;
  readonly grid: Grid;
  /** Tokens in front of the patches that have a position too: the table's first rows. */
  readonly specials: number;
  /** "fixed" positions are not trained (MAE: He et al. 2022, arXiv:2111.06377, appendix A.1). */
  readonly kind: "learned" | "fixed";
  /** How other grids get their positions. */
  readonly interpolation: Interpolation;
}

/** The table [S + rows * columns, D], which starts as sines and cosines; for another grid its patch rows are resized. */
export function gridPositions(at: Scope, c: GridPositionsConfig) {
  const [rows, columns] = c.grid;
  const shape = [c.specials + rows * columns, c.width];
  const init = gridWaves(c.specials, columns);
  const places = { of: "places", others: c.specials, interpolation: c.interpolation } as const;
  const declare = c.kind === "fixed" ? at.buffer : at.param;
  const table = declare("positions", shape, init, places);
  return ([h, w]: Grid): Tensor => {
    if (h === rows && w === columns) return table;
    const patches = table
      .slice(0, c.specials, c.specials + rows * columns)
      .reshape([1, rows, columns, c.width]);
    const resized = resize(patches, h, w, c.interpolation).reshape([h * w, c.width]);
    return c.specials === 0 ? resized : concat([table.slice(0, 0, c.specials), resized], 0);
  };
}

/**
 * A learned number for every head and every distance between two patches, and three more for the class token: from it,
 * to it, to itself (Bao et al. 2022, BEiT, arXiv:2106.08254, appendix A). Added to the attention scores: f32[1,H,N,N],
 * N = 1 + rows * columns. For another grid the distances are resized.
 */
export function gridBias(at: Scope, { heads, grid }: { readonly heads: number; readonly grid: Grid }) {
  const [tall, wide] = grid.map((side) => 2 * side - 1) as [number, number];
  const table = at.param("table", [tall * wide + 3, heads], zeros, { of: "distances", others: 3 });
  return at.layer(([rows, columns]: Grid): Tensor => {
    // Differs from a plain resize where the grid is not square: the published class reads the table column by column.
    const distances = table.slice(0, 0, tall * wide).reshape([1, wide, tall, heads]);
    const resized = resize(distances, 2 * rows - 1, 2 * columns - 1, "bilinear").reshape([-1, heads]);
    const isSame = tall === wide && rows === grid[0] && columns === grid[1];
    const fitted = isSame ? table : concat([resized, table.slice(0, tall * wide, tall * wide + 3)], 0);
    return fitted.gather(distanceIndex(rows, columns)).transpose([2, 0, 1]).unsqueeze(0);
  });
}

/** i32[N,N]: the row of the table that holds the distance from query to key. */
function distanceIndex(rows: number, columns: number): Tensor {
  const patches = rows * columns;
  const wide = 2 * columns - 1;
  const distances = (2 * rows - 1) * wide;
  const [fromClass, toClass, classToClass] = [distances, distances + 1, distances + 2];
  const index = (query: number, key: number): number => {
    if (query === 0) return key === 0 ? classToClass : fromClass;
    if (key === 0) return toClass;
    const place = (token: number) => [Math.floor((token - 1) / columns), (token - 1) % columns] as const;
    const [[y, x], [v, u]] = [place(query), place(key)];
    return (y - v + rows - 1) * wide + (x - u + columns - 1);
  };
  const n = 1 + patches;
  const values = Int32Array.from({ length: n * n }, (_, i) => index(Math.floor(i / n), i % n));
  return constant("i32", [n, n], values);
}
