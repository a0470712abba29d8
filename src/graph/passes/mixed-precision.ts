import type { Graph } from "../graph.ts";
import type { OpName } from "../ops/index.ts";
import { applyAll, type Node, type Tensor } from "../tensor.ts";
import { rewrite } from "./rewrite.ts";

/**
 * Matrix products, and with them attention's scores and sums of values, in bf16; all else stays f32: norms, softmax,
 * losses, sums over the batch, weights, what the optimizer reads. (Kalamkar et al. 2019, arXiv:1905.12322, train in bf16
 * with f32 sums and master weights.) What follows a product without summing anything (its bias, GELU, moves) stays in
 * bf16 too, so that half the memory is read. Leaves and outputs keep their types.
 */
export function mixedPrecision(graph: Graph): Graph {
  const rounded = new Map<Node, Map<number, Tensor>>();
  /** x as bf16, rounded once however many products read it. */
  const lowered = (x: Tensor): Tensor => {
    const exact = beneathCast(x);
    if (exact !== undefined) return exact;
    const ofNode = rounded.get(x.node) ?? new Map<number, Tensor>();
    rounded.set(x.node, ofNode);
    const low = ofNode.get(x.index) ?? x.cast("bf16");
    ofNode.set(x.index, low);
    return low;
  };
  return rewrite(graph, (node, inputs) => {
    if (node.types[0]!.dtype !== "f32" || !isLow(node, inputs)) return undefined;
    return [applied(node, inputs.map(lowered)).cast("f32")];
  });
}

function applied<N extends OpName>(node: Node<N>, inputs: readonly Tensor[]): Tensor {
  return applyAll(node.op, node.attributes, inputs)[0]!;
}

/** Ops that only move numbers. */
const moves: ReadonlySet<OpName> = new Set(["reshape", "transpose", "expand", "slice", "pad", "concat"]);

function isLow({ op, types }: Node, inputs: readonly Tensor[]): boolean {
  const isExact = (x: Tensor) => beneathCast(x) !== undefined;
  if (op === "matmul") return true;
  if (moves.has(op) || op === "gelu") return inputs.every(isExact);
  // The bias of a product: one number a column.
  const [product, bias] = inputs;
  return op === "add" && isExact(product!) && bias!.rank === 1 && product!.rank === types[0]!.shape.length;
}

/** The tensor of bf16 that x, of f32, has the numbers of. */
function beneathCast(x: Tensor): Tensor | undefined {
  const source = x.node.op === "cast" ? x.node.inputs[0] : undefined;
  return source?.dtype === "bf16" ? source : undefined;
}
