import { define, expectDtype, expectShape, f32, type OpDefinition } from "./definition.ts";

const alongLast: OpDefinition<Record<never, never>> = {
  infer: (_, [x], where) => {
    expectDtype(x!, ["f32"], where);
    expectShape(x!.shape.length > 0, where, "at least one axis", x!);
    return [x!];
  },
  samples: [
    { attributes: {}, inputs: [f32([2, 5])] },
    { attributes: {}, inputs: [f32([2, 3, 4], -20, 20)] },
  ],
};

/** Ops that normalise the last axis. */
export const normalization = {
  softmax: alongLast,
  logSoftmax: alongLast,
  /**
   * Layer normalisation over the last axis (Ba, Kiros & Hinton 2016, arXiv:1607.06450): inputs x [..., D], scale [D],
   * bias [D]; results y, the mean [..., 1] and 1/sqrt(variance + epsilon) [..., 1], which the gradient reads.
   */
  layerNorm: define<{ readonly epsilon: number }>({
    infer: (_, [x, scale, bias], where) => {
      for (const input of [x!, scale!, bias!]) expectDtype(input, ["f32"], where);
      const width = x!.shape.at(-1);
      expectShape(
        scale!.shape.length === 1 && scale!.shape[0] === width,
        where,
        `a scale of [${width}]`,
        scale!,
      );
      expectShape(bias!.shape.length === 1 && bias!.shape[0] === width, where, `a bias of [${width}]`, bias!);
      const row = { dtype: x!.dtype, shape: [...x!.shape.slice(0, -1), 1] };
      return [x!, row, row];
    },
    samples: [
      { attributes: { epsilon: 1e-5 }, inputs: [f32([2, 6]), f32([6]), f32([6])] },
      { attributes: { epsilon: 1e-12 }, inputs: [f32([2, 3, 5]), f32([5]), f32([5])] },
    ],
  }),
};
