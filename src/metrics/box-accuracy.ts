import { countPairs, type Paired } from "./paired.ts";

/** A rectangle in pixels. */
export type Box = readonly [x: number, y: number, width: number, height: number];

/** What two boxes share over what they cover together, in [0, 1]; 0 where both are empty. */
export function intersectionOverUnion(a: Box, b: Box): number {
  const side = (start: 0 | 1, size: 2 | 3): number =>
    Math.max(0, Math.min(a[start] + a[size], b[start] + b[size]) - Math.max(a[start], b[start]));
  const shared = side(0, 2) * side(1, 3);
  const together = a[2] * a[3] + b[2] * b[3] - shared;
  return together <= 0 ? 0 : shared / together;
}

/**
 * Fraction, in [0, 1], of boxes that overlap the true one by at least a half: referring expressions as on RefCOCO
 * (Yu et al. 2016, arXiv:1608.00272).
 * @throws BifocalError when there are none.
 */
export function boxAccuracy(paired: Paired<Box>): number {
  const n = countPairs("box accuracy", paired);
  return (
    paired.truths.filter((truth, i) => intersectionOverUnion(paired.predictions[i]!, truth) >= 0.5).length / n
  );
}
