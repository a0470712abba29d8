import { fail } from "../../core/errors.ts";
import { axisOf, broadcastShapes, type Shape, sameShape, showShape, sizeOf } from "../../core/shape.ts";
import { bool, define, expectShape, f32, i32 } from "./definition.ts";

/** Ops that move elements without computing. Axes and sizes in attributes are resolved (never negative). */
export const shaping = {
  reshape: define<{ readonly shape: Shape }>({
    infer: ({ shape }, [x], where) => {
      expectShape(
        sizeOf(shape) === sizeOf(x!.shape),
        where,
        `${sizeOf(shape)} elements for ${showShape(shape)}`,
        x!,
      );
      return [{ dtype: x!.dtype, shape }];
    },
    samples: [
      { attributes: { shape: [6, 2] }, inputs: [f32([3, 4])] },
      { attributes: { shape: [] }, inputs: [f32([1, 1])] },
    ],
  }),
  /** Output axis i is input axis perm[i]. */
  transpose: define<{ readonly perm: readonly number[] }>({
    infer: ({ perm }, [x], where) => {
      const sorted = [...perm].sort((a, b) => a - b);
      expectShape(
        sameShape(
          sorted,
          x!.shape.map((_, i) => i),
        ),
        where,
        `an order of ${x!.shape.length} axes, not ${showShape(perm)}`,
        x!,
      );
      return [{ dtype: x!.dtype, shape: perm.map((axis) => x!.shape[axis]!) }];
    },
    samples: [
      { attributes: { perm: [1, 0] }, inputs: [f32([2, 3])] },
      { attributes: { perm: [0, 2, 1, 3] }, inputs: [f32([2, 3, 4, 5])] },
      { attributes: { perm: [2, 0, 1] }, inputs: [i32([2, 3, 4], 0, 99)] },
    ],
  }),
  expand: define<{ readonly shape: Shape }>({
    infer: ({ shape }, [x], where) => {
      if (!sameShape(broadcastShapes(x!.shape, shape, where), shape)) {
        fail("shape", where, {
          expected: `a shape that broadcasts to ${showShape(shape)}`,
          got: showShape(x!.shape),
        });
      }
      return [{ dtype: x!.dtype, shape }];
    },
    samples: [
      { attributes: { shape: [2, 3, 4] }, inputs: [f32([3, 1])] },
      { attributes: { shape: [3] }, inputs: [f32([])] },
      { attributes: { shape: [2, 3, 4] }, inputs: [bool([2, 1, 4])] },
    ],
  }),
  /** Elements starts[i] to starts[i] + sizes[i] - 1 of every axis. */
  slice: define<{ readonly starts: readonly number[]; readonly sizes: readonly number[] }>({
    infer: ({ starts, sizes }, [x], where) => {
      const fits = x!.shape.every((n, i) => starts[i]! >= 0 && sizes[i]! >= 0 && starts[i]! + sizes[i]! <= n);
      expectShape(
        fits && starts.length === x!.shape.length && sizes.length === starts.length,
        where,
        `an input that holds ${showShape(sizes)} from ${showShape(starts)}`,
        x!,
      );
      return [{ dtype: x!.dtype, shape: sizes }];
    },
    samples: [
      { attributes: { starts: [1, 0], sizes: [2, 3] }, inputs: [f32([4, 3])] },
      { attributes: { starts: [0, 2, 1], sizes: [2, 1, 3] }, inputs: [f32([2, 3, 4])] },
      { attributes: { starts: [0, 3], sizes: [2, 2] }, inputs: [i32([2, 6], 0, 99)] },
    ],
  }),
  /** Zeros around: before[i] in front of axis i and after[i] behind it. */
  pad: define<{ readonly before: readonly number[]; readonly after: readonly number[] }>({
    infer: ({ before, after }, [x], where) => {
      expectShape(
        before.length === x!.shape.length &&
          after.length === before.length &&
          [...before, ...after].every((n) => n >= 0),
        where,
        "one pad per axis, none negative",
        x!,
      );
      return [{ dtype: x!.dtype, shape: x!.shape.map((n, i) => n + before[i]! + after[i]!) }];
    },
    samples: [
      { attributes: { before: [1, 0], after: [0, 2] }, inputs: [f32([2, 3])] },
      { attributes: { before: [0, 3], after: [1, 0] }, inputs: [f32([2, 1])] },
    ],
  }),
  concat: define<{ readonly axis: number }>({
    infer: ({ axis }, inputs, where) => {
      const first = inputs[0] ?? fail("shape", where, { expected: "at least one input", got: "none" });
      axisOf(axis, first.shape.length, where);
      for (const x of inputs) {
        const fits =
          x.dtype === first.dtype &&
          x.shape.length === first.shape.length &&
          x.shape.every((n, i) => i === axis || n === first.shape[i]);
        expectShape(fits, where, `equal dtypes and sizes but on axis ${axis}`, first, x);
      }
      const total = inputs.reduce((sum, x) => sum + x.shape[axis]!, 0);
      return [{ dtype: first.dtype, shape: first.shape.map((n, i) => (i === axis ? total : n)) }];
    },
    samples: [
      { attributes: { axis: 1 }, inputs: [f32([2, 3]), f32([2, 1]), f32([2, 4])] },
      { attributes: { axis: 0 }, inputs: [i32([2], 0, 9), i32([3], 0, 9)] },
      { attributes: { axis: 1 }, inputs: [bool([2, 3]), bool([2, 4])] },
    ],
  }),
};
