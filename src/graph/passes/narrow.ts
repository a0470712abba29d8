import type { Shape } from "../../core/shape.ts";
import { type Graph, graphOf } from "../graph.ts";
import { elementwise } from "../ops/elementwise.ts";
import type { AttributesOf, OpName } from "../ops/index.ts";
import { atPath } from "../path.ts";
import { applyAll, type Node, Tensor } from "../tensor.ts";
import { axisOfPart, broadcastPart, type Part, partOf, samePart, shapeOfPart, takePart } from "./part.ts";

/** What is read of a tensor. */
type Demand = Part | "all";

/**
 * Computes only the part of a tensor that is read, where all its readers read the same: the last block of a stack whose
 * first token alone is looked at runs for that token, its keys and values apart. Numbers stay what they are; for graphs
 * before they are differentiated, whose gradients then are as small.
 */
export function narrow(graph: Graph): Graph {
  const demands = demandsOf(graph);
  const whole = new Map<Node, readonly Tensor[]>();
  const parts = new Map<Node, Tensor>();
  const read = (x: Tensor, demand: Demand): Tensor => {
    if (demand === "all") return whole.get(x.node)![x.index]!;
    const made = demands.get(x.node);
    const part =
      made !== undefined && made !== "all" && samePart(made, demand) ? parts.get(x.node) : undefined;
    return part ?? takePart(whole.get(x.node)![x.index]!, demand);
  };
  for (const node of graph.nodes) {
    const demand = demands.get(node)!;
    const inputs = demand === "all" ? undefined : inputDemands(node, demand);
    atPath(node.path, () => {
      if (demand !== "all" && inputs !== undefined) {
        const narrowed = node.inputs.map((input, i) => read(input, inputs[i]!));
        parts.set(node, applyAll(node.op, narrowAttributes(node, demand), narrowed)[0]!);
      } else if (node.inputs.length === 0) {
        whole.set(
          node,
          node.types.map((type, i) => new Tensor(node, i, type)),
        );
      } else {
        const sliced = slicedPart(node);
        whole.set(
          node,
          sliced === undefined
            ? applyAll(
                node.op,
                node.attributes,
                node.inputs.map((input) => read(input, "all")),
              )
            : [read(node.inputs[0]!, sliced)],
        );
      }
    });
  }
  return graphOf(
    Object.fromEntries(Object.entries(graph.outputs).map(([name, output]) => [name, read(output, "all")])),
  );
}

/** What is read of every node's first result; "all" where readers differ, or read another result. */
function demandsOf({ nodes, outputs }: Graph): Map<Node, Demand> {
  const demands = new Map<Node, Demand>();
  const add = ({ node, index }: Tensor, demand: Demand) => {
    const before = demands.get(node);
    const isSame = before === undefined || (before !== "all" && demand !== "all" && samePart(before, demand));
    demands.set(node, index === 0 && isSame ? demand : "all");
  };
  for (const output of Object.values(outputs)) add(output, "all");
  for (const node of nodes.toReversed()) {
    const demand = demands.get(node)!;
    const inputs = demand === "all" ? undefined : inputDemands(node, demand);
    node.inputs.forEach((input, i) => {
      add(input, inputs?.[i] ?? slicedPart(node) ?? "all");
    });
  }
  return demands;
}

/** What a slice of one axis reads; undefined for everything else. */
function slicedPart(node: Node): Part | undefined {
  if (node.op !== "slice") return undefined;
  const { starts, sizes } = node.attributes as AttributesOf<"slice">;
  const { shape } = node.inputs[0]!;
  const axes = shape.flatMap((n, i) => (sizes[i] === n ? [] : i));
  return axes.length === 1 ? partOf(shape, axes[0]!, starts[axes[0]!]!, sizes[axes[0]!]!) : undefined;
}

/** What a node reads of its inputs to make this part of its result; undefined where it can only make the whole. */
function inputDemands(node: Node, part: Part): readonly Demand[] | undefined {
  const { shape } = node.types[0]!;
  const found = axisOfPart(part, shape);
  if (found === undefined) return undefined;
  if (node.op in elementwise) {
    const demands = node.inputs.map((input) => broadcastPart(part, shape, input.shape));
    return demands.every((demand) => demand !== undefined) ? demands : undefined;
  }
  return inputsOf[node.op]?.({ node: node as never, part, ...found, shape, inputs: node.inputs });
}

interface Narrowed<N extends OpName> {
  readonly node: Node<N>;
  readonly part: Part;
  readonly shape: Shape;
  /** The result's axis that has the part, or into which it is merged. */
  readonly axis: number;
  readonly isWhole: boolean;
  readonly inputs: readonly Tensor[];
}

type InputRule<N extends OpName> = (narrowed: Narrowed<N>) => readonly Demand[] | undefined;

/** Every row by itself. */
const rowwise: InputRule<"softmax" | "logSoftmax" | "layerNorm"> = ({ part, shape, axis, inputs }) =>
  axis < shape.length - 1 ? [part, ...inputs.slice(1).map(() => "all" as const)] : undefined;

const inputsOf: { readonly [N in OpName]?: InputRule<N> } = {
  softmax: rowwise,
  logSoftmax: rowwise,
  layerNorm: rowwise,
  reshape: ({ part, inputs: [x] }) => (axisOfPart(part, x!.shape) === undefined ? undefined : [part]),
  transpose: ({ node, part, axis, isWhole, inputs: [x] }) =>
    isWhole ? [partOf(x!.shape, node.attributes.perm[axis]!, part.start, part.size)] : undefined,
  // Rows of the result are rows of the left matrix.
  matmul: ({ node, part, shape, axis, inputs: [a] }) => {
    if (axis !== shape.length - 2 || node.attributes.transA) return undefined;
    return [{ ...part, inner: (part.inner / shape.at(-1)!) * a!.shape.at(-1)! }, "all"];
  },
};

/** Attributes that say a shape say that of the part. */
function narrowAttributes<N extends OpName>(node: Node<N>, part: Part): AttributesOf<N> {
  if (node.op !== "reshape") return node.attributes;
  return { shape: shapeOfPart(part, node.types[0]!.shape)! } as AttributesOf<OpName> as AttributesOf<N>;
}
