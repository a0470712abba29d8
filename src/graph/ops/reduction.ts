import { define, expectDtype, expectShape, f32, type OpDefinition, type TensorType } from "./definition.ts";

/** Which axes are folded, and whether they stay as axes of size 1. */
export interface ReduceAttributes {
  /** Sorted, not negative. */
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

function reduced(x: TensorType, { axes, keepDims }: ReduceAttributes): number[] {
  return x.shape.flatMap((n, i) => (axes.includes(i) ? (keepDims ? [1] : []) : [n]));
}

const fold: OpDefinition<ReduceAttributes> = {
  infer: (attributes, [x], where) => {
    expectDtype(x!, ["f32"], where);
    expectShape(
      attributes.axes.every((axis) => axis >= 0 && axis < x!.shape.length),
      where,
      `an input with axes ${attributes.axes.join(", ")}`,
      x!,
    );
    return [{ dtype: x!.dtype, shape: reduced(x!, attributes) }];
  },
  samples: [
    { attributes: { axes: [1], keepDims: true }, inputs: [f32([2, 3, 4])] },
    { attributes: { axes: [0, 2], keepDims: false }, inputs: [f32([2, 3, 4])] },
    { attributes: { axes: [0, 1], keepDims: false }, inputs: [f32([5, 3])] },
  ],
};

/** Ops that fold axes, and ops that rank along the last one. */
export const reduction = {
  sum: fold,
  max: fold,
  /** The k largest of the last axis in falling order and their positions (i32); equal values keep their order. */
  topK: define<{ readonly k: number }>({
    infer: ({ k }, [x], where) => {
      expectDtype(x!, ["f32"], where);
      expectShape(k >= 1 && k <= (x!.shape.at(-1) ?? 0), where, `a last axis of at least ${k}`, x!);
      const shape = [...x!.shape.slice(0, -1), k];
      return [
        { dtype: x!.dtype, shape },
        { dtype: "i32", shape },
      ];
    },
    samples: [
      { attributes: { k: 3 }, inputs: [f32([2, 5])] },
      { attributes: { k: 4 }, inputs: [f32([3, 2, 4])] },
    ],
  }),
  /** Position (i32) of the largest value of the last axis, the first of equals. */
  argmax: define<Record<never, never>>({
    infer: (_, [x], where) => {
      expectDtype(x!, ["f32"], where);
      expectShape(x!.shape.length > 0, where, "at least one axis", x!);
      return [{ dtype: "i32", shape: x!.shape.slice(0, -1) }];
    },
    samples: [{ attributes: {}, inputs: [f32([3, 4])] }],
  }),
};
