import type { OpName } from "../../graph/ops/index.ts";
import type { Node } from "../../graph/tensor.ts";
import type { Draw } from "../draws.ts";
import { type Emitter, onnxDtypeOf } from "./emit.ts";
import type { Lowered } from "./lowered.ts";
import { emitConvolution, emitMaxPool, emitTransposedConvolution, emitWeightGradient } from "./windows.ts";

/** Emits ONNX nodes for one of ours and returns the names of its results. */
type Lowering<N extends OpName> = (node: Lowered<N>) => readonly string[];

const direct =
  (op: string) =>
  ({ emit, inputs }: { emit: Emitter; inputs: readonly string[] }) => [emit.op(op, inputs)];

const leafIsFed = () => {
  throw new Error("bug in bifocal: leaves are not lowered");
};

/** How ONNX says each op; total, so the compiler names an op that lacks one. */
const lowerings: { readonly [N in OpName]: Lowering<N> } = {
  input: leafIsFed,
  parameter: leafIsFed,
  constant: ({ emit, attributes: { type, data } }) => [
    emit.constant(onnxDtypeOf(type.dtype), type.shape, data),
  ],
  add: direct("Add"),
  sub: direct("Sub"),
  mul: direct("Mul"),
  div: direct("Div"),
  pow: direct("Pow"),
  maximum: direct("Max"),
  minimum: direct("Min"),
  equal: direct("Equal"),
  less: direct("Less"),
  and: direct("And"),
  or: direct("Or"),
  not: direct("Not"),
  neg: direct("Neg"),
  abs: direct("Abs"),
  exp: direct("Exp"),
  log: direct("Log"),
  sqrt: direct("Sqrt"),
  reciprocal: direct("Reciprocal"),
  sin: direct("Sin"),
  cos: direct("Cos"),
  tanh: direct("Tanh"),
  sigmoid: direct("Sigmoid"),
  erf: direct("Erf"),
  relu: direct("Relu"),
  stopGradient: direct("Identity"),
  gelu: ({ emit, attributes: { kind }, inputs }) => {
    if (kind === "quick") return [emit.contrib("QuickGelu", inputs, { alpha: 1.702 })];
    return [
      kind === "tanh" ? emit.op("Gelu", inputs, { approximate: "tanh" }) : emit.contrib("Gelu", inputs),
    ];
  },
  where: direct("Where"),
  cast: ({ emit, attributes: { to }, inputs: [x] }) => [emit.cast(x!, onnxDtypeOf(to))],
  reshape: ({ emit, attributes: { shape }, inputs: [x] }) => [emit.op("Reshape", [x!, emit.ints(shape)])],
  transpose: ({ emit, attributes: { perm }, inputs }) => [emit.op("Transpose", inputs, { perm })],
  expand: ({ emit, attributes: { shape }, inputs: [x] }) => [emit.op("Expand", [x!, emit.ints(shape)])],
  slice: ({ emit, attributes: { starts, sizes }, inputs: [x], inputTypes }) => {
    const axes = starts.flatMap((start, i) =>
      start === 0 && sizes[i] === inputTypes[0]!.shape[i] ? [] : [i],
    );
    const from = emit.ints(axes.map((axis) => starts[axis]!));
    const to = emit.ints(axes.map((axis) => starts[axis]! + sizes[axis]!));
    return [emit.op("Slice", [x!, from, to, emit.ints(axes)])];
  },
  pad: ({ emit, attributes: { before, after }, inputs: [x] }) => [
    emit.op("Pad", [x!, emit.ints([...before, ...after])]),
  ],
  concat: ({ emit, attributes: { axis }, inputs }) => [emit.op("Concat", inputs, { axis })],
  sum: ({ emit, attributes: { axes, keepDims }, inputs: [x] }) => [
    emit.op("ReduceSum", [x!, emit.ints(axes)], { keepdims: keepDims ? 1 : 0 }),
  ],
  max: ({ emit, attributes: { axes, keepDims }, inputs: [x] }) => [
    emit.op("ReduceMax", [x!, emit.ints(axes)], { keepdims: keepDims ? 1 : 0 }),
  ],
  topK: ({ emit, attributes: { k }, inputs: [x] }) => {
    const [values, indices] = emit.node("TopK", [x!, emit.ints([k])], { results: 2 });
    return [values!, emit.cast(indices!, "i32")];
  },
  argmax: ({ emit, inputs }) => [emit.cast(emit.op("ArgMax", inputs, { axis: -1, keepdims: 0 }), "i32")],
  matmul: ({ emit, attributes: { transA, transB, alpha }, inputs }) => [
    transA || transB || alpha !== 1
      ? emit.contrib("FusedMatMul", inputs, { transA: transA ? 1 : 0, transB: transB ? 1 : 0, alpha })
      : emit.op("MatMul", inputs),
  ],
  conv2d: (node) => [emitConvolution(node)],
  conv2dTranspose: (node) => [emitTransposedConvolution(node)],
  conv2dWeight: (node) => [emitWeightGradient(node)],
  maxPool2d: emitMaxPool,
  softmax: ({ emit, inputs }) => [emit.op("Softmax", inputs, { axis: -1 })],
  logSoftmax: ({ emit, inputs }) => [emit.op("LogSoftmax", inputs, { axis: -1 })],
  layerNorm: ({ emit, attributes: { epsilon }, inputs }) =>
    emit.node("LayerNormalization", inputs, {
      results: 3,
      attributes: { axis: { type: "int", value: -1 }, epsilon: { type: "float", value: epsilon } },
    }),
  gather: ({ emit, inputs }) => [emit.op("Gather", inputs, { axis: 0 })],
  // Not ScatterND: with several threads it loses updates of one row (seen in ONNX Runtime 1.30). This one is serial.
  scatterAdd: ({ emit, inputs: [rows, ids], inputTypes, types }) => {
    const { shape } = types[0]!;
    const count = inputTypes[1]!.shape.reduce((product, n) => product * n, 1);
    const width = shape.slice(1).reduce((product, n) => product * n, 1);
    const column = emit.op("Reshape", [ids!, emit.ints([count, 1])]);
    // Zero computed from the ids: of a constant ONNX Runtime would make the whole table in advance and keep it.
    const none = emit.op("ReduceSum", [emit.op("Sub", [column, column]), emit.ints([0, 1])], { keepdims: 1 });
    const zeros = emit.op("Expand", [emit.cast(none, "f32"), emit.ints([shape[0]!, width])]);
    const indices = emit.op("Expand", [column, emit.ints([count, width])]);
    const updates = emit.op("Reshape", [rows!, emit.ints([count, width])]);
    const sum = emit.op("ScatterElements", [zeros, indices, updates], { axis: 0, reduction: "add" });
    return [emit.op("Reshape", [sum, emit.ints(shape)])];
  },
  pick: ({ emit, inputs: [x, index], inputTypes, types }) => {
    const column = emit.op("Reshape", [index!, emit.ints([...inputTypes[1]!.shape, 1])]);
    const picked = emit.op("GatherElements", [x!, column], { axis: -1 });
    return [emit.op("Reshape", [picked, emit.ints(types[0]!.shape)])];
  },
  randomBits: ({ draw, attributes, inputs: [key] }) => [draw(attributes, key!)],
};

/** Emits one node of the graph. */
export function lower<N extends OpName>(
  emit: Emitter,
  draw: Draw<string>,
  node: Node<N>,
  inputs: readonly string[],
): readonly string[] {
  const lowering: Lowering<N> = lowerings[node.op];
  const inputTypes = node.inputs.map((input) => input.type);
  return lowering({ emit, draw, attributes: node.attributes, inputs, inputTypes, types: node.types });
}
