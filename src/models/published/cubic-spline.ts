/**
 * The cubic spline through values at `knots` (rising, four or more), evaluated at `places`, as a matrix
 * [places, knots]: the result is its product with the values. The third derivative is continuous at the second and
 * the last but one knot ("not a knot"; de Boor, A Practical Guide to Splines, 1978, chapter IV). Places beyond the
 * ends have the value of that end.
 */
export function splineWeights(knots: readonly number[], places: readonly number[]): Float64Array[] {
  const n = knots.length;
  const bends = secondDerivatives(knots);
  return places.map((place) => {
    const x = Math.min(knots[n - 1]!, Math.max(knots[0]!, place));
    const right = Math.max(
      1,
      Math.min(
        n - 1,
        knots.findIndex((knot) => knot >= x),
      ),
    );
    const [from, to] = [knots[right - 1]!, knots[right]!];
    const step = to - from;
    const [a, b] = [(to - x) / step, (x - from) / step];
    const weights = new Float64Array(n);
    for (let j = 0; j < n; j++) {
      const bend = (a ** 3 - a) * bends[right - 1]![j]! + (b ** 3 - b) * bends[right]![j]!;
      weights[j] = (bend * step ** 2) / 6;
    }
    weights[right - 1]! += a;
    weights[right]! += b;
    return weights;
  });
}

/** Row i: the spline's second derivative at knot i as weights of the values. */
function secondDerivatives(knots: readonly number[]): Float64Array[] {
  const n = knots.length;
  const step = (i: number) => knots[i + 1]! - knots[i]!;
  // Each row: n coefficients of the second derivatives, then n weights of the values they are equal to.
  const system = Array.from({ length: n }, () => new Float64Array(2 * n));
  for (let i = 1; i < n - 1; i++) {
    const row = system[i]!;
    const [before, after] = [step(i - 1), step(i)];
    row.set([before / 6, (before + after) / 3, after / 6], i - 1);
    row.set([1 / before, -1 / before - 1 / after, 1 / after], n + i - 1);
  }
  system[0]!.set([-1 / step(0), 1 / step(0) + 1 / step(1), -1 / step(1)]);
  system[n - 1]!.set([-1 / step(n - 3), 1 / step(n - 3) + 1 / step(n - 2), -1 / step(n - 2)], n - 3);
  eliminate(system);
  return system.map((row) => row.subarray(n));
}

/** Gauss and Jordan, with the largest pivot of each column. */
function eliminate(system: Float64Array[]): void {
  for (let column = 0; column < system.length; column++) {
    let best = column;
    for (let row = column + 1; row < system.length; row++) {
      if (Math.abs(system[row]![column]!) > Math.abs(system[best]![column]!)) best = row;
    }
    [system[column], system[best]] = [system[best]!, system[column]!];
    const pivot = system[column]!;
    const scale = 1 / pivot[column]!;
    for (let j = column; j < pivot.length; j++) pivot[j]! *= scale;
    for (const row of system) {
      const factor = row[column]!;
      if (row === pivot || factor === 0) continue;
      for (let j = column; j < pivot.length; j++) row[j]! -= factor * pivot[j]!;
    }
  }
}
