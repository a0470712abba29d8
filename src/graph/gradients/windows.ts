import type { ConvolutionAttributes, convolution, Sides } from "../ops/convolution.ts";
import type { pooling } from "../ops/pooling.ts";
import { apply, type Tensor } from "../tensor.ts";
import type { Rules } from "./rule.ts";

const size = (x: Tensor) => x.shape.slice(2) as unknown as Sides;

/** With T = sum over all windows of x * weight * y, each op is the slope of T by the one it lacks. */
const byX = (c: ConvolutionAttributes, x: Tensor, weight: Tensor, y: Tensor) =>
  apply("conv2dTranspose", { stride: c.stride, padding: c.padding, size: size(x) }, y, weight);
const byWeight = (c: ConvolutionAttributes, x: Tensor, weight: Tensor, y: Tensor) =>
  apply("conv2dWeight", { stride: c.stride, padding: c.padding, size: size(weight) }, x, y);
const byY = (c: ConvolutionAttributes, x: Tensor, weight: Tensor) =>
  apply("conv2d", { stride: c.stride, padding: c.padding }, x, weight);

/** The slope of a convolution by an input is the op of the other two, dy taking the place of the result. */
export const windowGradients: Rules<keyof (typeof convolution & typeof pooling)> = {
  conv2d: ({ attributes: c, inputs: [x, weight], dy }) => [
    byX(c, x!, weight!, dy),
    byWeight(c, x!, weight!, dy),
  ],
  conv2dTranspose: ({ attributes: c, inputs: [y, weight], dy }) => [
    byY(c, dy, weight!),
    byWeight(c, dy, weight!, y!),
  ],
  conv2dWeight: ({ attributes: c, inputs: [x, y], dy }) => [byX(c, x!, dy, y!), byY(c, x!, dy)],
  // dy at the position of each maximum, added where windows overlap
  maxPool2d: ({ inputs: [x], outputs: [, indices], dy }) => [
    dy
      .reshape([-1])
      .scatterAdd(indices!.reshape([-1]), x!.size)
      .reshape(x!.shape),
  ],
};
