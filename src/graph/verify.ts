import { type ErrorCode, fail } from "../core/errors.ts";
import { sameShape } from "../core/shape.ts";
import type { Graph } from "./graph.ts";
import { showType, type TensorType } from "./ops/definition.ts";
import { definitionOf, type OpName } from "./ops/index.ts";
import type { NamedLeaf } from "./ops/leaves.ts";
import type { Node, Tensor } from "./tensor.ts";

/**
 * Checks what the builders and passes promise: inputs come before users, types are what the ops infer, leaves are unique
 * and listed, outputs are computed.
 *
 * @throws BifocalError naming the first node that breaks a promise and the module that made it.
 */
export function verify(graph: Graph): void {
  const done = new Set<Node>();
  const leaves = new Set<string>();
  for (const node of graph.nodes) {
    const where = `%${node.id} ${node.op}${node.path === "" ? "" : ` at ${node.path}`}`;
    if (done.has(node)) broken("config", where, "every node once", "it twice");
    for (const input of node.inputs) checkTensor(input, done, where);
    checkTypes(node, where);
    if (node.op === "input" || node.op === "parameter") {
      const { name, type } = node.attributes as NamedLeaf;
      if (leaves.has(name)) broken("config", where, `one leaf named ${name}`, "two");
      leaves.add(name);
      const listed = (node.op === "input" ? graph.inputs : graph.parameters)[name];
      if (listed === undefined || !sameType(listed, type))
        broken("config", where, `${name} among the leaves as ${showType(type)}`, shown(listed));
    }
    done.add(node);
  }
  const unused = Object.keys({ ...graph.inputs, ...graph.parameters }).find((name) => !leaves.has(name));
  if (unused !== undefined) broken("config", `leaf ${unused}`, "a node for every leaf", "none");
  for (const [name, output] of Object.entries(graph.outputs)) checkTensor(output, done, `output ${name}`);
}

function checkTypes<N extends OpName>(node: Node<N>, where: string): void {
  const inputs = node.inputs.map(({ type }) => type);
  const inferred = definitionOf(node.op).infer(node.attributes, inputs, where);
  for (let i = 0; i < Math.max(inferred.length, node.types.length); i++) {
    if (!sameType(inferred[i], node.types[i]))
      broken("shape", `result ${i} of ${where}`, shown(inferred[i]), shown(node.types[i]));
  }
}

function checkTensor(tensor: Tensor, done: ReadonlySet<Node>, where: string): void {
  if (!done.has(tensor.node)) broken("config", where, "what it reads computed before", tensor.toString());
  const computed = tensor.node.types[tensor.index];
  if (!sameType(computed, tensor.type))
    broken("shape", where, `to read ${shown(computed)}`, tensor.toString());
}

function sameType(a: TensorType | undefined, b: TensorType | undefined): boolean {
  return a !== undefined && b !== undefined && a.dtype === b.dtype && sameShape(a.shape, b.shape);
}

function shown(type: TensorType | undefined): string {
  return type === undefined ? "nothing" : showType(type);
}

function broken(code: ErrorCode, where: string, expected: string, got: string): never {
  return fail(code, where, { expected, got });
}
