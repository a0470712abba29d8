import type { Graph } from "./graph.ts";
import type { Node } from "./tensor.ts";

/**
 * Floating-point operations by module path, as the field counts them: 2 M N K for the product of an [M, K] and a
 * [K, N] matrix, nothing for all else (Kaplan et al. 2020, arXiv:2001.08361, section 2.1). Paths without products are
 * left out.
 */
export function flopsByPath(graph: Graph): Map<string, number> {
  const byPath = new Map<string, number>();
  for (const node of graph.nodes) {
    if (node.op !== "matmul") continue;
    byPath.set(node.path, (byPath.get(node.path) ?? 0) + productFlops(node as unknown as Node<"matmul">));
  }
  return byPath;
}

/** `flopsByPath` for the whole graph. */
export function flops(graph: Graph): number {
  return [...flopsByPath(graph).values()].reduce((total, count) => total + count, 0);
}

function productFlops({ attributes: { transA }, inputs: [a], types: [result] }: Node<"matmul">): number {
  const shared = a!.shape.at(transA ? -2 : -1)!;
  return result!.shape.reduce((product, n) => product * n, 2 * shared);
}
