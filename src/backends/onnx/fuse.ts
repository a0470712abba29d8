import type { Graph } from "../../graph/graph.ts";
import type { AttributesOf } from "../../graph/ops/index.ts";
import type { Node } from "../../graph/tensor.ts";

/** A product of two matrices and the row added to it: one Gemm. */
export interface FusedGemm {
  readonly product: Node<"matmul">;
  readonly bias: Node["inputs"][number];
}

/**
 * Finds `add(matmul(x, w), bias)` where nothing else reads the product, by the id of the add: ONNX Runtime then starts
 * the product from the bias instead of passing over the result again.
 */
export function findGemms(graph: Graph): ReadonlyMap<number, FusedGemm> {
  const users = new Map<Node, number>();
  const read = (node: Node) => users.set(node, (users.get(node) ?? 0) + 1);
  for (const node of graph.nodes) for (const input of node.inputs) read(input.node);
  for (const output of Object.values(graph.outputs)) read(output.node);

  const found = new Map<number, FusedGemm>();
  for (const node of graph.nodes) {
    const [left, bias] = node.inputs;
    if (node.op !== "add" || left?.node.op !== "matmul" || bias?.rank !== 1) continue;
    const product = left.node as unknown as Node<"matmul">;
    const isMatrix = product.inputs.every((input) => input.rank === 2);
    if (isMatrix && users.get(left.node) === 1 && bias.shape[0] === left.shape[1]) {
      found.set(node.id, { product, bias });
    }
  }
  return found;
}

/** Gemm has the flags as 0 or 1; its beta stays at ONNX's default of 1, which adds the bias as it is. */
export function gemmAttributes({ transA, transB, alpha }: AttributesOf<"matmul">) {
  return { transA: transA ? 1 : 0, transB: transB ? 1 : 0, alpha };
}
