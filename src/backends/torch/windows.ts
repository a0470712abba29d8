import { sizeOf } from "../../core/shape.ts";
import type { ConvolutionAttributes, convolution } from "../../graph/ops/convolution.ts";
import type { pooling } from "../../graph/ops/pooling.ts";
import { addIntegers } from "./arithmetic.ts";
import { type Argument, type Emitter, flag, flags, int, ints, none, type Value } from "./emit.ts";
import type { Lowerings } from "./lowered.ts";

/** stride, padding, dilation, transposed, output padding, groups: the tail that convolution and its gradient share. */
function tail({ stride, padding }: ConvolutionAttributes): Argument[] {
  const both = (n: number) => ints([n, n]);
  return [both(stride), both(padding), both(1), flag(false), both(0), int(1)];
}

/** A tensor of which only the shape is read. */
function shaped(emit: Emitter, shape: readonly number[]): Value {
  const zero = emit.constant("f32", [], new Float32Array(1));
  return emit.call("aten::expand", [zero, ints(shape), flag(false)]);
}

/** Convolution and pooling. */
export const windowLowerings: Lowerings<keyof (typeof convolution & typeof pooling)> = {
  conv2d: ({ emit, attributes, inputs: [x, weight] }) => [
    emit.call("aten::convolution", [x!, weight!, none, ...tail(attributes)]),
  ],
  conv2dTranspose: ({ emit, attributes, inputs: [y, weight], types }) => {
    const inputs = [y!, shaped(emit, types[0]!.shape), weight!, none, ...tail(attributes)];
    return [emit.callAll("aten::convolution_backward", [...inputs, flags(true, false, false)], 3)[0]!];
  },
  conv2dWeight: ({ emit, attributes, inputs: [x, y], types }) => {
    const inputs = [y!, x!, shaped(emit, types[0]!.shape), none, ...tail(attributes)];
    return [emit.callAll("aten::convolution_backward", [...inputs, flags(false, true, false)], 3)[1]!];
  },
  maxPool2d: ({ emit, attributes: { size, stride, padding }, inputs: [x], inputTypes }) => {
    const both = (n: number) => ints([n, n]);
    const [values, within] = emit.callAll(
      "aten::max_pool2d_with_indices",
      [x!, both(size), both(stride), both(padding), both(1), flag(false)],
      2,
    );
    // libtorch counts within a plane, we in the whole input.
    const [B, C, H, W] = inputTypes[0]!.shape as [number, number, number, number];
    const starts = Int32Array.from({ length: sizeOf([B, C]) }, (_, plane) => plane * H * W);
    return [values!, addIntegers(emit, within!, emit.constant("i32", [B, C, 1, 1], starts))];
  },
};
