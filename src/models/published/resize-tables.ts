/** Position tables of a file for pictures of another size, as steps of rules: what `nn/grid-positions.ts` does in a graph, done once. */
import { fail } from "../../core/errors.ts";
import { type Interpolation, interpolationWeights } from "../../graph/resize.ts";
import type { Grid } from "../../nn/grid-positions.ts";
import { splineWeights } from "./cubic-spline.ts";
import type { Step, Values } from "./rules.ts";

/** For each output, the weights of the inputs along one axis. */
type Weights = readonly ArrayLike<number>[];

/** A table [specials + rows * columns, D] for grid `from` becomes one for grid `to`; special rows stay. */
export function resizedPositions(specials: number, from: Grid, to: Grid, method: Interpolation): Step {
  const along = (axis: 0 | 1, a: Grid, b: Grid): Weights =>
    rowsOf(interpolationWeights(a[axis], b[axis], method), a[axis]);
  const between = (a: Grid, b: Grid) => (values: readonly Values[]) =>
    values.map((table) => resizedRows(table, specials, a, along(0, a, b), along(1, a, b)));
  return { apply: between(from, to), undo: between(to, from) };
}

/**
 * A table of distances [(2 rows - 1)(2 columns - 1) + extra, H] for grid `from` becomes one for grid `to`; the last
 * `extra` rows stay. Distances that were trained lie at the points of a geometric progression that reaches the
 * longest new one, dense where they are short; a cubic spline through them gives the new ones, as in the fine-tuning
 * code of BEiT and VLMo.
 */
export function resizedDistances(extra: number, from: Grid, to: Grid): Step {
  const between = (a: Grid, b: Grid) => (values: readonly Values[]) => {
    const sides = a.map((side) => 2 * side - 1) as [number, number];
    const [tall, wide] = a.map((side, axis) => distanceWeights(side, b[axis]!)) as [Weights, Weights];
    return values.map((table) => {
      const { shape, data } = table;
      const width = shape.at(-1)!;
      const kept = data.subarray(sides[0] * sides[1] * width);
      const resized = resizedRows(
        { shape, data: data.subarray(0, data.length - extra * width) },
        0,
        sides,
        tall,
        wide,
      );
      const joined = new Float32Array(resized.data.length + kept.length);
      joined.set(resized.data);
      joined.set(kept, resized.data.length);
      return { shape: [joined.length / width, width], data: joined };
    });
  };
  return { apply: between(from, to), undo: between(to, from) };
}

/** Distances along one axis of a grid of `from` patches, for one of `to`. */
function distanceWeights(from: number, to: number): Weights {
  if (from === to) return Array.from({ length: 2 * from - 1 }, (_, i) => unit(2 * from - 1, i));
  if (from < 3) {
    fail("checkpoint", "relative positions", {
      expected: "a grid of 3 patches or more a side",
      got: String(from),
    });
  }
  const reach = to - 1;
  const ratio = ratioFor(from - 1, reach);
  const distances = Array.from({ length: from - 1 }, (_, i) => progression(ratio, i + 1));
  const knots = [...distances.map((distance) => -distance).reverse(), 0, ...distances];
  return splineWeights(
    knots,
    Array.from({ length: 2 * to - 1 }, (_, i) => i - reach),
  );
}

/** 1 + q + ... + q^(n - 1). */
function progression(q: number, n: number): number {
  return (1 - q ** n) / (1 - q);
}

/** The q in [1.01, 1.5] whose sum of n terms is `reach`, or the nearer end. */
function ratioFor(n: number, reach: number): number {
  let [low, high] = [1.01, 1.5];
  let q = low;
  while (high - low > 1e-6) {
    q = (low + high) / 2;
    if (progression(q, n) > reach) high = q;
    else low = q;
  }
  return q;
}

/** Rows behind the first `specials` lie in a grid, whose two axes become as many as there are weights. */
function resizedRows(
  { shape, data }: Values,
  specials: number,
  [rows, columns]: Grid,
  tall: Weights,
  wide: Weights,
): Values {
  const width = shape.at(-1)!;
  const across = new Float64Array(rows * wide.length * width);
  mix(across, data.subarray(specials * width), wide, { before: rows, from: columns, after: width });
  const both = new Float64Array(tall.length * wide.length * width);
  mix(both, across, tall, { before: 1, from: rows, after: wide.length * width });
  const resized = new Float32Array(specials * width + both.length);
  resized.set(data.subarray(0, specials * width));
  resized.set(both, specials * width);
  return { shape: [resized.length / width, width], data: resized };
}

/** The middle axis of [before, from, after] weighted anew. */
function mix(
  target: Float64Array,
  source: ArrayLike<number>,
  weights: Weights,
  { before, from, after }: { readonly before: number; readonly from: number; readonly after: number },
): void {
  for (let b = 0; b < before; b++) {
    for (const [i, row] of weights.entries()) {
      const start = (b * weights.length + i) * after;
      for (let j = 0; j < from; j++) {
        const weight = row[j]!;
        if (weight === 0) continue;
        for (let k = 0; k < after; k++) target[start + k]! += weight * source[(b * from + j) * after + k]!;
      }
    }
  }
}

function rowsOf(matrix: Float32Array, length: number): Weights {
  return Array.from({ length: matrix.length / length }, (_, i) =>
    matrix.subarray(i * length, (i + 1) * length),
  );
}

function unit(length: number, at: number): Float64Array {
  const row = new Float64Array(length);
  row[at] = 1;
  return row;
}
