import { fail } from "./errors.ts";

/** Sizes of the axes, outermost first; [] is a scalar. */
export type Shape = readonly number[];

/** Number of elements. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** As messages write it: "[8, 40, 768]". */
export function showShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** Equal rank and equal sizes; nothing broadcasts. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}

/** Row-major strides in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = strides[i + 1]! * shape[i + 1]!;
  return strides;
}

/** Right-aligned broadcasting of two shapes. @throws BifocalError when a pair of sizes differs and neither is 1. */
export function broadcastShapes(a: Shape, b: Shape, where: string): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const m = a[i - rank + a.length] ?? 1;
    const n = b[i - rank + b.length] ?? 1;
    if (m !== n && m !== 1 && n !== 1) {
      fail("shape", where, {
        expected: "shapes that broadcast",
        got: `${showShape(a)} and ${showShape(b)}`,
        todo: `sizes ${m} and ${n} must be equal or 1`,
      });
    }
    return m === 1 ? n : m;
  });
}

/** An axis counted from the end when negative, as a number in [0, rank). */
export function axisOf(axis: number, rank: number, where: string): number {
  const resolved = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || resolved < 0 || resolved >= rank) {
    fail("shape", where, { expected: `an axis in [${-rank}, ${rank})`, got: String(axis) });
  }
  return resolved;
}
