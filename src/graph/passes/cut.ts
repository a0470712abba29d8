import type { Graph } from "../graph.ts";
import { apply, type Node, type Tensor } from "../tensor.ts";
import { rewrite } from "./rewrite.ts";

/** The graph with `cuts`, first results of its nodes, as inputs of their names; what only they needed is gone. */
export function cut(graph: Graph, cuts: Readonly<Record<string, Tensor>>): Graph {
  const names = new Map<Node, string>(Object.entries(cuts).map(([name, { node }]) => [node, name]));
  return rewrite(graph, (node) => {
    const name = names.get(node);
    if (name === undefined) return undefined;
    // Nobody reads further results: those of a norm serve its gradient, which a cut leaves no need of.
    return node.types.map((type, i) => apply("input", { name: i === 0 ? name : `${name}.${i}`, type }));
  });
}
