import { type Shape, sizeOf } from "../core/shape.ts";
import type { Graph } from "./graph.ts";
import type { OpName } from "./ops/index.ts";
import type { Node } from "./tensor.ts";

/**
 * Floating-point operations by module path, as the field counts them: 2 M N K for the product of an [M, K] and a
 * [K, N] matrix, so much for a convolution as for the product it is of windows and weights, nothing for all else
 * (Kaplan et al. 2020, arXiv:2001.08361, section 2.1). Paths without products are left out.
 */
export function flopsByPath(graph: Graph): Map<string, number> {
  const byPath = new Map<string, number>();
  for (const node of graph.nodes) {
    const count = flopsOf[node.op]?.(node as never);
    if (count !== undefined) byPath.set(node.path, (byPath.get(node.path) ?? 0) + count);
  }
  return byPath;
}

/** `flopsByPath` for the whole graph. */
export function flops(graph: Graph): number {
  return [...flopsByPath(graph).values()].reduce((total, count) => total + count, 0);
}

const flopsOf: { readonly [N in OpName]?: (node: Node<N>) => number } = {
  matmul: ({ attributes: { transA }, inputs: [a], types: [result] }) =>
    2 * sizeOf(result!.shape) * a!.shape.at(transA ? -2 : -1)!,
  conv2d: ({ inputs: [, weight], types: [y] }) => convolutionFlops(weight!, y!),
  conv2dTranspose: ({ inputs: [y, weight] }) => convolutionFlops(weight!, y!),
  conv2dWeight: ({ inputs: [, y], types: [weight] }) => convolutionFlops(weight!, y!),
};

/** Every element of y [B, K, H, W] meets a kernel of weight [K, C, h, w], padding included. */
function convolutionFlops(weight: { shape: Shape }, y: { shape: Shape }): number {
  return (2 * sizeOf(weight.shape) * sizeOf(y.shape)) / weight.shape[0]!;
}
