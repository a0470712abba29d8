/** Groups of nodes that libtorch has one op for. Each is recognised by the nodes its gradient rule builds. */
import { sameShape } from "../../core/shape.ts";
import type { Graph } from "../../graph/graph.ts";
import type { AttributesOf } from "../../graph/ops/index.ts";
import type { ConstantLeaf } from "../../graph/ops/leaves.ts";
import type { Node, Tensor } from "../../graph/tensor.ts";
import { castTo } from "./arithmetic.ts";
import { attention } from "./attention.ts";
import { type Emitter, float, int, some, text, type Value } from "./emit.ts";
import type { Fused } from "./lowered.ts";
import { inputsOf, isNumber, same, summedRows } from "./match.ts";
import { normGradients } from "./norm-gradient.ts";

/** Which results of which nodes are read, and by how many. */
type Readers = (x: Tensor) => number;

const last = int(-1);

/** Every group in the graph by the node whose result it gives. */
export function fuse(graph: Graph): ReadonlyMap<Node, Fused> {
  const readers = readersOf(graph);
  const found = new Map<Node, Fused>();
  for (const node of graph.nodes) {
    const fused = recognise(node, readers);
    if (fused !== undefined) found.set(node, fused);
  }
  for (const node of graph.nodes) {
    for (const [member, fused] of normGradients(node, graph)) found.set(member, fused);
  }
  return found;
}

function readersOf({ nodes, outputs }: Graph): Readers {
  const counts = new Map<string, number>();
  const key = ({ node, index }: Tensor) => `${node.id}.${index}`;
  for (const tensor of [...nodes.flatMap(({ inputs }) => inputs), ...Object.values(outputs)])
    counts.set(key(tensor), (counts.get(key(tensor)) ?? 0) + 1);
  return (x) => counts.get(key(x)) ?? 0;
}

function recognise(node: Node, readers: Readers): Fused | undefined {
  switch (node.op) {
    case "add":
      return linear(node, readers);
    case "matmul":
      return attention(node, readers);
    case "mul":
      return geluGradient(node) ?? dropped(node);
    case "sub":
      return softmaxGradient(node) ?? logSoftmaxGradient(node);
    default:
      return undefined;
  }
}

/** x W + b, the bias added while the product is written. */
function linear({ inputs: [product, bias], types }: Node, readers: Readers): Fused | undefined {
  const [x, weight] = inputsOf(product, "matmul") ?? [];
  if (x === undefined || weight?.rank !== 2 || bias?.rank !== 1 || readers(product!) !== 1) return undefined;
  const { transA, transB, alpha } = product!.node.attributes as AttributesOf<"matmul">;
  if (transA || alpha !== 1 || bias.shape[0] !== product!.shape.at(-1)) return undefined;
  const widened = (emit: Emitter) => types[0]!.dtype === "bf16" && !emit.fastBf16;
  return {
    inputs: [x, weight, bias],
    emit: (emit, inputs) => {
      const wide = inputs.map((input) => (widened(emit) ? castTo(emit, input, "f32") : input));
      const [from, matrix, row] = wide as [Value, Value, Value];
      const rows = transB ? matrix : emit.call("aten::transpose.int", [matrix, int(0), int(1)]);
      const y = emit.call("aten::linear", [from, rows, some(row)]);
      return [widened(emit) ? castTo(emit, y, "bf16") : y];
    },
  };
}

/** Dropout and its gradient, x times a number where a condition holds, else 0: what is kept for later is a byte each. */
function dropped({ inputs: [x, mask], types }: Node): Fused | undefined {
  const [kept, factor] = inputsOf(mask, "mul") ?? [];
  const condition = inputsOf(kept, "cast")?.[0];
  if (condition?.dtype !== "bool" || factor?.node.op !== "constant" || factor.rank !== 0) return undefined;
  if (!sameShape(x!.shape, condition.shape) || types[0]!.dtype !== "f32") return undefined;
  const [scale] = (factor.node.attributes as ConstantLeaf).data;
  return {
    inputs: [x!, condition],
    emit: (emit, [values, holds]) => [
      emit.call("aten::native_dropout_backward", [values!, holds!, float(scale!)]),
    ],
  };
}

/** dy (Phi(x) + x phi(x)), as gradients/elementwise.ts builds it. */
function geluGradient({ inputs: [dy, slope] }: Node): Fused | undefined {
  const [share, weighted] = inputsOf(slope, "add") ?? [];
  const [half, constant] = inputsOf(share, "add") ?? [];
  const [curve, factor] = inputsOf(half, "mul") ?? [];
  const u = inputsOf(curve, "erf")?.[0];
  const [x, scale] = inputsOf(u, "mul") ?? [];
  const [again, density] = inputsOf(weighted, "mul") ?? [];
  const [peak, square] = inputsOf(inputsOf(density, "exp")?.[0], "sub") ?? [];
  const squared = inputsOf(square, "mul") ?? [];
  const isSlope =
    isNumber(constant, 0.5) &&
    isNumber(factor, 0.5) &&
    isNumber(scale, Math.SQRT1_2) &&
    isNumber(peak, -Math.log(Math.PI) / 2) &&
    same(again, u) &&
    squared.length === 2 &&
    squared.every((side) => same(side, u));
  if (!isSlope) return undefined;
  return {
    inputs: [dy!, x!],
    emit: (emit, [slopes, at]) => [emit.call("aten::gelu_backward", [slopes!, at!, text("none")])],
  };
}

/** dy y - y sum(dy y) */
function softmaxGradient({ inputs: [weighted, shared] }: Node): Fused | undefined {
  const [dy, y] = inputsOf(weighted, "mul") ?? [];
  const [again, sum] = inputsOf(shared, "mul") ?? [];
  if (inputsOf(y, "softmax") === undefined || !same(y, again) || !same(summedRows(sum), weighted))
    return undefined;
  return rowsGradient("aten::_softmax_backward_data", dy!, y!);
}

/** dy - exp(y) sum(dy) */
function logSoftmaxGradient({ inputs: [dy, shared] }: Node): Fused | undefined {
  const [exponents, sum] = inputsOf(shared, "mul") ?? [];
  const y = inputsOf(exponents, "exp")?.[0];
  if (inputsOf(y, "logSoftmax") === undefined || !same(summedRows(sum), dy)) return undefined;
  return rowsGradient("aten::_log_softmax_backward_data", dy!, y!);
}

const rowsGradient = (schema: string, dy: Tensor, y: Tensor): Fused => ({
  inputs: [dy, y],
  emit: (emit, [slopes, results]) => [emit.call(schema, [slopes!, results!, last, emit.dtype("f32")])],
});
