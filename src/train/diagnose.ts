import type { Backend } from "../backends/backend.ts";
import { evaluate } from "../backends/backend.ts";
import type { TypedArray } from "../core/dtype.ts";
import { type Graph, graphOf } from "../graph/graph.ts";
import { Tensor } from "../graph/tensor.ts";

/**
 * Where a graph first leaves the finite numbers: "softmax at model.image.blocks.3.attention", in order of computation;
 * undefined when every value is finite. Runs the graph again with one check a node, for use after something went wrong.
 */
export async function firstNonFinite(
  backend: Backend,
  graph: Graph,
  leaves: Readonly<Record<string, TypedArray>>,
): Promise<string | undefined> {
  const checks: Record<string, Tensor> = {};
  const names: string[] = [];
  for (const node of graph.nodes) {
    const type = node.types[0]!;
    if (type.dtype !== "f32" || node.op === "constant") continue;
    // 0 x is 0 for finite x and NaN for the others.
    checks[`check${names.length}`] = new Tensor(node, 0, type).mul(0).sumAll();
    const name =
      node.op === "parameter" || node.op === "input" ? (node.attributes as { name: string }).name : "";
    names.push(name === "" ? `${node.op} at ${node.path}` : `${node.op} ${name}`);
  }
  const checking = graphOf(checks);
  const read = Object.keys({ ...checking.inputs, ...checking.parameters });
  const given = Object.fromEntries(read.map((name) => [name, leaves[name]!]));
  const results = await evaluate(backend, checking, given);
  return names.find((_, i) => !Number.isFinite(results[`check${i}`]![0]!));
}
