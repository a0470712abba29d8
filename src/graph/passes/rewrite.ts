import { assert } from "../../core/errors.ts";
import { type Graph, graphOf } from "../graph.ts";
import { showType } from "../ops/definition.ts";
import type { OpName } from "../ops/index.ts";
import { atPath } from "../path.ts";
import { applyAll, type Node, type Tensor } from "../tensor.ts";

/**
 * What should stand for a node whose inputs, already rewritten, are `inputs`: all its results, of the same types, or
 * undefined to keep the op. The nodes it builds get the path of the node.
 */
export type RewriteRule = (node: Node, inputs: readonly Tensor[]) => readonly Tensor[] | undefined;

/**
 * Rebuilds a graph in its order, with `rule` applied once to every node. Leaves stay the same nodes, everything else is
 * new: tensors of the old graph other than leaves mean nothing in the new one.
 */
export function rewrite(graph: Graph, rule: RewriteRule): Graph {
  const rewritten = new Map<Node, readonly Tensor[]>();
  const replaced = (tensor: Tensor) => {
    const node = rewritten.get(tensor.node);
    // Leaves are their own replacement.
    return node === undefined ? tensor : node[tensor.index]!;
  };
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(replaced);
    const results = atPath(node.path, () => rule(node, inputs) ?? rebuilt(node, inputs));
    if (results === undefined) continue;
    results.forEach((result, i) => {
      const [got, expected] = [showType(result.type), showType(node.types[i]!)];
      assert(got === expected, `a rewrite of ${node.op} made ${got} of ${expected}`);
    });
    rewritten.set(node, results);
  }
  return graphOf(
    Object.fromEntries(Object.entries(graph.outputs).map(([name, output]) => [name, replaced(output)])),
  );
}

function rebuilt<N extends OpName>(node: Node<N>, inputs: readonly Tensor[]): Tensor[] | undefined {
  return node.inputs.length === 0 ? undefined : applyAll(node.op, node.attributes, inputs);
}
