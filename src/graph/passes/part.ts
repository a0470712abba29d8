import { type Shape, sameShape, sizeOf } from "../../core/shape.ts";
import type { Tensor } from "../tensor.ts";

/**
 * A part of a tensor whatever its shape: its elements in order, seen as [outer, n, inner], and of the middle axis those
 * from `start` on, `size` of them.
 */
export interface Part {
  readonly outer: number;
  readonly n: number;
  readonly inner: number;
  readonly start: number;
  readonly size: number;
}

/** Elements `start` to `start + size - 1` of an axis. */
export function partOf(shape: Shape, axis: number, start: number, size: number): Part {
  const [outer, inner] = [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis + 1))];
  return { outer, n: shape[axis]!, inner, start, size };
}

/** Whether two say the same of one tensor. */
export function samePart(a: Part, b: Part): boolean {
  return a.n === b.n && a.inner === b.inner && a.start === b.start && a.size === b.size;
}

/** The axis of a shape that the middle axis is, or is merged into with others; undefined where it is spread over several. */
export function axisOfPart({ n, inner }: Part, shape: Shape): { axis: number; isWhole: boolean } | undefined {
  let behind = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const through = behind * shape[axis]!;
    if (through > inner) {
      const isInside = inner % behind === 0 && through % (n * inner) === 0;
      return isInside ? { axis, isWhole: through === n * inner && behind === inner } : undefined;
    }
    behind = through;
  }
  return undefined;
}

/** The shape with the part alone. */
export function shapeOfPart(part: Part, shape: Shape): Shape | undefined {
  const found = axisOfPart(part, shape);
  return found && shape.map((n, i) => (i === found.axis ? (n / part.n) * part.size : n));
}

/** Cuts the part out. */
export function takePart(x: Tensor, part: Part): Tensor {
  const { outer, n, inner, start, size } = part;
  const found = axisOfPart(part, x.shape);
  if (found?.isWhole) return x.slice(found.axis, start, start + size);
  const shape = shapeOfPart(part, x.shape)!;
  return x
    .reshape([outer, n, inner])
    .slice(1, start, start + size)
    .reshape(shape);
}

/** What an elementwise op with a result of `shape` reads of an input, where it makes this part; undefined: cannot be said. */
export function broadcastPart(part: Part, shape: Shape, input: Shape): Part | "all" | undefined {
  if (sameShape(shape, input)) return part;
  const found = axisOfPart(part, shape);
  if (found === undefined) return undefined;
  const axis = found.axis - (shape.length - input.length);
  if (axis < 0 || input[axis] === 1) return "all";
  return found.isWhole ? partOf(input, axis, part.start, part.size) : undefined;
}
