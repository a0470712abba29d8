import { fail } from "../core/errors.ts";
import type { TensorType } from "./ops/definition.ts";
import type { NamedLeaf } from "./ops/leaves.ts";
import type { Node, Tensor } from "./tensor.ts";

/** A closed computation: named outputs and, found by walking from them, every node they need in topological order. */
export interface Graph {
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly nodes: readonly Node[];
  /** Leaves by name, in order of first creation. */
  readonly inputs: Readonly<Record<string, TensorType>>;
  readonly parameters: Readonly<Record<string, TensorType>>;
}

/** Every node reachable from `roots`, inputs before users. Creation order is a topological order. */
export function topological(roots: readonly Tensor[]): Node[] {
  const seen = new Set<Node>();
  const stack = roots.map((root) => root.node);
  while (stack.length > 0) {
    const node = stack.pop()!;
    if (seen.has(node)) continue;
    seen.add(node);
    for (const input of node.inputs) stack.push(input.node);
  }
  return [...seen].sort((a, b) => a.id - b.id);
}

/**
 * Closes a computation. What no output needs is never reached, so there is no dead-code pass.
 *
 * @throws BifocalError when two leaves share a name.
 */
export function graphOf(outputs: Readonly<Record<string, Tensor>>): Graph {
  const nodes = topological(Object.values(outputs));
  const names = new Set<string>();
  const named = (op: "input" | "parameter") => {
    const found: Record<string, TensorType> = {};
    for (const node of nodes) {
      if (node.op !== op) continue;
      const { name, type } = node.attributes as NamedLeaf;
      if (names.has(name)) fail("config", `${op} ${name}`, { expected: "one leaf of that name", got: "two" });
      names.add(name);
      found[name] = type;
    }
    return found;
  };
  return { outputs, nodes, inputs: named("input"), parameters: named("parameter") };
}
