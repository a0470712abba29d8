import type { Lowered } from "./lowered.ts";

const sides = ({ stride, padding }: { readonly stride: number; readonly padding: number }) => ({
  strides: [stride, stride],
  pads: [padding, padding, padding, padding],
});

/** The op itself. */
export function emitConvolution({ emit, attributes, inputs }: Lowered<"conv2d">): string {
  return emit.op("Conv", inputs, sides(attributes));
}

/** ConvTranspose; at stride 1 a Conv with the kernel turned round, which ONNX Runtime computes up to twice as fast. */
export function emitTransposedConvolution(node: Lowered<"conv2dTranspose">): string {
  const { emit, attributes, inputs, inputTypes } = node;
  const { stride, padding, size } = attributes;
  const [y, kernel] = inputTypes.map(({ shape }) => shape.slice(2)) as [number[], number[]];
  if (stride === 1 && kernel.every((n) => n > padding)) {
    const byInput = emit.op("Transpose", [inputs[1]!], { perm: [1, 0, 2, 3] });
    const last = emit.ints([-1, -1]); // where to begin, and the way from there
    const turned = kernel.every((n) => n === 1)
      ? byInput
      : emit.op("Slice", [byInput, last, emit.ints(kernel.map((n) => -n - 1)), emit.ints([2, 3]), last]);
    const [rows, columns] = kernel.map((n) => n - 1 - padding);
    return emit.op("Conv", [inputs[0]!, turned], { pads: [rows!, columns!, rows!, columns!] });
  }
  // Pixels behind the last window: those of x that the stride left over.
  const left = size.map((n, i) => n + 2 * padding - (y[i]! - 1) * stride - kernel[i]!);
  return emit.op("ConvTranspose", inputs, { ...sides(attributes), output_padding: left });
}

/** Values and positions. */
export function emitMaxPool({ emit, attributes, inputs }: Lowered<"maxPool2d">): string[] {
  const pool = { ...sides(attributes), kernel_shape: [attributes.size, attributes.size] };
  const named = Object.entries(pool).map(([name, value]) => [name, { type: "ints", value }] as const);
  const [values, indices] = emit.node("MaxPool", inputs, {
    results: 2,
    attributes: Object.fromEntries(named),
  });
  return [values!, emit.cast(indices!, "i32")];
}

/**
 * One product of y with the columns of x, in which every window stands below the other: a Conv with the pictures as
 * channels and y as kernel, which would be the same sum, runs at a tenth of the speed.
 */
export function emitWeightGradient(node: Lowered<"conv2dWeight">): string {
  const { emit, inputs, inputTypes, types } = node;
  const [B, C] = inputTypes[0]!.shape as [number, number];
  const [, K, rows, columns] = inputTypes[1]!.shape as [number, number, number, number];
  const taps = tapsOf(node, rows, columns);
  const joined = taps.length === 1 ? taps[0]! : emit.op("Concat", taps, { axis: 1 });
  const x = emit.op("Reshape", [joined, emit.ints([B, taps.length * C, rows * columns])]);
  const y = emit.op("Reshape", [inputs[1]!, emit.ints([B, K, rows * columns])]);
  const products = emit.contrib("FusedMatMul", [y, x], { transA: 0, transB: 1, alpha: 1 }); // [B, K, taps C]
  const sum = emit.op("ReduceSum", [products, emit.ints([0])], { keepdims: 0 });
  const byTap = emit.op("Reshape", [sum, emit.ints([K, taps.length, C])]);
  const weight = emit.op("Transpose", [byTap], { perm: [0, 2, 1] });
  return emit.op("Reshape", [weight, emit.ints(types[0]!.shape)]);
}

/** For each element of the kernel the pixels it meets, [B, C, rows, columns]. */
function tapsOf(node: Lowered<"conv2dWeight">, rows: number, columns: number): string[] {
  const { emit, attributes, inputs } = node;
  const { stride, padding: p, size } = attributes;
  const padded = p === 0 ? inputs[0]! : emit.op("Pad", [inputs[0]!, emit.ints([0, 0, p, p, 0, 0, p, p])]);
  const [axes, steps] = [emit.ints([2, 3]), emit.ints([stride, stride])];
  return Array.from({ length: size[0] * size[1] }, (_, tap) => {
    const from = [Math.floor(tap / size[1]), tap % size[1]] as const;
    const to = [from[0] + (rows - 1) * stride + 1, from[1] + (columns - 1) * stride + 1];
    return emit.op("Slice", [padded, emit.ints(from), emit.ints(to), axes, steps]);
  });
}
