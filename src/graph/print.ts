import { showShape } from "../core/shape.ts";
import type { Graph } from "./graph.ts";
import { showType } from "./ops/definition.ts";
import type { ConstantLeaf, NamedLeaf } from "./ops/leaves.ts";
import type { Node } from "./tensor.ts";

/**
 * One line per node, "%12 matmul transB=true alpha=1 %3 %8 -> f32[2, 5]", in order of computation; a line with the
 * module's path stands above the nodes it made.
 */
export function printGraph(graph: Graph): string {
  const lines: string[] = [];
  let path = "";
  for (const node of graph.nodes) {
    if (node.path !== path) lines.push(`${node.path === "" ? "(no module)" : node.path}:`);
    path = node.path;
    lines.push(`  ${lineOf(node)}`);
  }
  for (const [name, output] of Object.entries(graph.outputs)) lines.push(`${name} = ${output}`);
  return lines.join("\n");
}

function lineOf(node: Node): string {
  const inputs = node.inputs.map(({ node: { id }, index }) => `%${id}${index > 0 ? `.${index}` : ""}`);
  const call = [`%${node.id}`, node.op, ...attributesOf(node), ...inputs].join(" ");
  return `${call} -> ${node.types.map(showType).join(", ")}`;
}

function attributesOf(node: Node): string[] {
  if (node.op === "input" || node.op === "parameter") return [(node.attributes as NamedLeaf).name];
  if (node.op === "constant") {
    const { data } = node.attributes as ConstantLeaf;
    return [[...data.subarray(0, 4), ...(data.length > 4 ? ["..."] : [])].join(",")];
  }
  return Object.entries(node.attributes).map(
    ([name, value]) => `${name}=${Array.isArray(value) ? showShape(value) : value}`,
  );
}
