import { sizeOf } from "../../core/shape.ts";
import type { normalization } from "../../graph/ops/normalization.ts";
import type { products } from "../../graph/ops/products.ts";
import type { reduction } from "../../graph/ops/reduction.ts";
import { castTo, scaled } from "./arithmetic.ts";
import { flag, float, int, ints, none, some, type Value } from "./emit.ts";
import type { Lowerings } from "./lowered.ts";

const last = int(-1);

/** Reductions, products and normalisations. */
export const numericLowerings: Lowerings<keyof (typeof reduction & typeof products & typeof normalization)> =
  {
    sum: ({ emit, attributes: { axes, keepDims }, inputs: [x] }) => [
      emit.call("aten::sum.dim_IntList", [x!, some(ints(axes)), flag(keepDims), none]),
    ],
    max: ({ emit, attributes: { axes, keepDims }, inputs: [x] }) => [
      emit.call("aten::amax", [x!, ints(axes), flag(keepDims)]),
    ],
    topK: ({ emit, attributes: { k }, inputs: [x] }) => {
      const [stable, falling] = [some(flag(true)), flag(true)];
      const [values, indices] = emit.callAll("aten::sort.stable", [x!, stable, last, falling], 2);
      const best = (all: typeof values) => emit.call("aten::narrow", [all!, last, int(0), int(k)]);
      return [best(values), castTo(emit, best(indices), "i32")];
    },
    argmax: ({ emit, inputs: [x] }) => [
      castTo(emit, emit.call("aten::argmax", [x!, some(last), flag(false)]), "i32"),
    ],
    matmul: ({ emit, attributes: { transA, transB, alpha }, inputs: [a, b], inputTypes, types }) => {
      // A factor goes where it meets the fewest numbers.
      const sizes = [...inputTypes, ...types].map(({ shape }) => sizeOf(shape));
      const smallest = alpha === 1 ? undefined : sizes.indexOf(Math.min(...sizes));
      // Two numbers of bf16 multiply exactly in f32, and the sums are f32 either way.
      const widened = types[0]!.dtype === "bf16" && !emit.fastBf16;
      const operand = (x: Value, i: number, swap: boolean) => {
        const wide = widened ? castTo(emit, x, "f32") : x;
        const factored = i === smallest ? scaled(emit, wide, alpha) : wide;
        return swap ? emit.call("aten::transpose.int", [factored, int(-2), last]) : factored;
      };
      const product = emit.call("aten::matmul", [operand(a!, 0, transA), operand(b!, 1, transB)]);
      const result = smallest === 2 ? scaled(emit, product, alpha) : product;
      return [widened ? castTo(emit, result, "bf16") : result];
    },
    softmax: ({ emit, inputs: [x] }) => [emit.call("aten::_softmax", [x!, last, flag(false)])],
    logSoftmax: ({ emit, inputs: [x] }) => [emit.call("aten::_log_softmax", [x!, last, flag(false)])],
    layerNorm: ({ emit, attributes: { epsilon }, inputs: [x, scale, bias], inputTypes }) =>
      emit.callAll(
        "aten::native_layer_norm",
        [x!, ints(inputTypes[1]!.shape), some(scale!), some(bias!), float(epsilon)],
        3,
      ),
  };
