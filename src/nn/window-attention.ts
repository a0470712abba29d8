/**
 * Attention inside windows of a grid of patches, whose cost grows with the picture as its area does (Liu et al. 2021,
 * Swin, arXiv:2103.14030, section 3.2). n = S^2 places of a window of side S, W windows of a picture.
 */
import { sameShape } from "../core/shape.ts";
import { fromWindows, roll, windows } from "../graph/functions.ts";
import { dims } from "../graph/rearrange.ts";
import { constant, type Tensor } from "../graph/tensor.ts";
import { type AttentionConfig, attention, keepBias } from "./attention.ts";
import type { Grid } from "./grid-positions.ts";
import { zeros } from "./init.ts";
import type { Scope } from "./scope.ts";

/** `window` is the side in patches. */
export interface WindowAttentionConfig extends AttentionConfig {
  readonly window: number;
  /** Windows lie half a side further down and right than those of blocks that do not shift. */
  readonly shifted: boolean;
}

/** Whether a place holds something, bool[B,rows,columns]; true = attend. */
export type KeptGrid = Tensor | undefined;

/**
 * x f32[B,rows * columns,D] to the same, and the weights [B * W,H,n,n]. A table gives every distance between two places
 * a number for each head, added to the scores. Grids smaller than the window are a window of their shorter side, not
 * shifted; grids that are no whole windows are filled up with zeros, to which places attend too, as in the paper's code.
 */
export function windowAttention(at: Scope, c: WindowAttentionConfig) {
  const attend = attention(at, c);
  const table = at.param("distances", [(2 * c.window - 1) ** 2, c.heads], zeros);

  return at.layer((x: Tensor, grid: Grid, keep: KeptGrid): { output: Tensor; weights: Tensor } => {
    const { B, D } = dims([x, "B P D"]);
    const shorter = Math.min(...grid);
    const side = Math.min(c.window, shorter);
    const shift = c.shifted && shorter > c.window ? Math.floor(c.window / 2) : 0;
    const [height, width] = grid.map((size) => Math.ceil(size / side) * side) as [number, number];
    const cut = (places: Tensor): Tensor =>
      windows(roll(roll(filled(places, 1, [height, width]), 1, -shift), 2, -shift), side);
    const parts = cut(x.reshape([B, ...grid, D])); // [B W, n, D]
    const count = parts.shape[0]! / B;

    const near = distanceBias(table, side, c.window); // [1, H, n, n]
    const apart = shift === 0 ? near : near.add(shiftBias(height, width, side, shift)); // [W, H, n, n]
    const repeated = apart.unsqueeze(0).expand([B, count, ...apart.shape.slice(1)]);
    const bias = shift === 0 ? near : repeated.reshape([B * count, ...apart.shape.slice(1)]);
    const { output, weights } = attend(parts, parts, keep === undefined ? bias : bias.add(hidden(keep, cut)));

    const back = roll(roll(fromWindows(output, side, height, width), 1, shift), 2, shift);
    const places = back.slice(1, 0, grid[0]).slice(2, 0, grid[1]);
    return { output: places.reshape([B, grid[0] * grid[1], D]), weights };
  });
}

/** Zeros behind the elements of axes `axis` and `axis` + 1, up to `sizes`. */
export function filled(x: Tensor, axis: number, sizes: readonly [number, number]): Tensor {
  const missing = x.shape.map((size, i) => (sizes[i - axis] ?? size) - size);
  const none = missing.map(() => 0);
  return sameShape(missing, none) ? x : x.pad(none, missing);
}

/** Of the places of a window of `side`, out of a table for windows of `largest`: f32[1,H,n,n]. */
function distanceBias(table: Tensor, side: number, largest: number): Tensor {
  const n = side * side;
  const row = (query: number, key: number) => {
    const down = Math.floor(query / side) - Math.floor(key / side);
    const right = (query % side) - (key % side);
    return (down + largest - 1) * (2 * largest - 1) + right + largest - 1;
  };
  const index = Int32Array.from({ length: n * n }, (_, i) => row(Math.floor(i / n), i % n));
  return table
    .gather(constant("i32", [n, n], index))
    .transpose([2, 0, 1])
    .unsqueeze(0);
}

/**
 * After the shift, windows at the far edges hold places that came in from the near ones; they do not attend to one
 * another (figure 4). f32[W,1,n,n], 0 or -100.
 */
function shiftBias(height: number, width: number, side: number, shift: number): Tensor {
  const n = side * side;
  const across = width / side;
  const origin = (place: number, size: number) => (place < size - side ? 0 : place < size - shift ? 1 : 2);
  const region = (window: number, place: number) => {
    const y = Math.floor(window / across) * side + Math.floor(place / side);
    const x = (window % across) * side + (place % side);
    return 3 * origin(y, height) + origin(x, width);
  };
  const count = (height * width) / n;
  const values = Float32Array.from({ length: count * n * n }, (_, i) => {
    const window = Math.floor(i / (n * n));
    return region(window, Math.floor(i / n) % n) === region(window, i % n) ? 0 : -100;
  });
  return constant("f32", [count, 1, n, n], values);
}

/** keep [B,rows,columns] as a bias on the scores of the windows that `cut` makes: [B W,1,1,n]. */
function hidden(keep: Tensor, cut: (places: Tensor) => Tensor): Tensor {
  const absent = keep.not().cast("f32").unsqueeze(3);
  const { M, n } = dims([cut(absent), "M n 1"]);
  return keepBias(cut(absent).reshape([M, n]).less(0.5));
}
