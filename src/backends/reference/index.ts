/** The backend that defines every op: plain TypeScript in double precision, slow, exact to about 1e-15. */
import { allocate, type TypedArray } from "../../core/dtype.ts";
import type { Graph } from "../../graph/graph.ts";
import type { OpName } from "../../graph/ops/index.ts";
import type { NamedLeaf } from "../../graph/ops/leaves.ts";
import type { Node } from "../../graph/tensor.ts";
import { type Arrays, type Backend, checkBinding } from "../backend.ts";
import { kernels } from "./kernels/index.ts";
import { type Data, type Value, working } from "./kernels/kernel.ts";

/**
 * Computes in float64 and rounds only when it writes an output. A leaf or an output of dtype f32 may be given as
 * Float64Array: then nothing is rounded, which finite differences need.
 */
export const referenceBackend: Backend = {
  name: "reference",
  environment: { backend: "reference", library: `Node ${process.version}`, device: "cpu", precision: "f32" },
  hasBf16: true,
  compile: async (graph) => ({
    graph,
    bind: (leaves, outputs) => {
      checkBinding(graph, leaves, outputs);
      return { run: async () => run(graph, leaves, outputs) };
    },
  }),
};

/** The results of one node from the numbers of its inputs, rounded to their dtypes: what constant folding needs. */
export function evaluateConstant(node: Node, inputs: readonly TypedArray[]): TypedArray[] {
  const values = node.inputs.map(({ type }, i) => ({ type, data: working(type.dtype, inputs[i]!) }));
  return compute(node, values).map((data, i) => {
    const result = allocate(node.types[i]!.dtype, data.length);
    result.set(data);
    return result;
  });
}

function run(graph: Graph, leaves: Arrays, outputs: Arrays): void {
  const results = new Map<Node, readonly Data[]>();
  for (const node of graph.nodes) {
    if (node.op === "input" || node.op === "parameter") {
      const { name, type } = node.attributes as NamedLeaf;
      // Copied, because an output may be the same array.
      results.set(node, [working(type.dtype, leaves[name]!)]);
    } else {
      const inputs = node.inputs.map((x) => ({ type: x.type, data: results.get(x.node)![x.index]! }));
      results.set(node, compute(node, inputs));
    }
  }
  for (const [name, { node, index }] of Object.entries(graph.outputs))
    outputs[name]!.set(results.get(node)![index]!);
}

function compute<N extends OpName>(node: Node<N>, inputs: readonly Value[]): readonly Data[] {
  const { op, attributes, types, path } = node;
  return kernels[op]({ attributes, inputs, types, where: path === "" ? op : `${op} at ${path}` });
}
