import type { TypedArray } from "../../core/dtype.ts";
import { broadcastShapes, sizeOf } from "../../core/shape.ts";
import type { Graph } from "../graph.ts";
import type { AttributesOf, OpName } from "../ops/index.ts";
import type { ConstantLeaf } from "../ops/leaves.ts";
import { constant, type Node, type Tensor } from "../tensor.ts";
import { rewrite } from "./rewrite.ts";

/** The results of a node from the values of its inputs: backends/reference has one. */
export type Evaluate = (node: Node, inputs: readonly TypedArray[]) => readonly TypedArray[];

/** Elements a folded result may have although its inputs are smaller: 256 kB of f32. */
const largest = 65_536;

/** Computes what depends on constants alone, and drops what does nothing (x * 1, x + 0, moves that undo one another). */
export function foldConstants(graph: Graph, evaluate: Evaluate): Graph {
  return rewrite(graph, (node, inputs) => folded(node, inputs, evaluate) ?? simplified(node, inputs));
}

function folded(node: Node, inputs: readonly Tensor[], evaluate: Evaluate): Tensor[] | undefined {
  const values = inputs.flatMap((input) => constantOf(input) ?? []);
  if (inputs.length === 0 || values.length < inputs.length) return undefined;
  const size = node.types.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  if (size > largest && size > inputs.reduce((sum, input) => sum + input.size, 0)) return undefined;
  return evaluate(node, values).map((data, i) => constant(node.types[i]!.dtype, node.types[i]!.shape, data));
}

type Simplification<N extends OpName> = (
  inputs: readonly Tensor[],
  attributes: AttributesOf<N>,
) => Tensor | undefined;

const simplifications: { readonly [N in OpName]?: Simplification<N> } = {
  add: ([a, b]) => without(a!, b!, 0) ?? without(b!, a!, 0),
  sub: ([a, b]) => without(a!, b!, 0),
  mul: ([a, b]) => without(a!, b!, 1) ?? without(b!, a!, 1),
  div: ([a, b]) => without(a!, b!, 1),
  stopGradient: ([x]) => x,
  neg: ([x]) => (x!.node.op === "neg" ? x!.node.inputs[0] : undefined),
  cast: ([x], { to }) => x!.cast(to),
  expand: ([x], { shape }) => beneath(x!, "expand").expand(shape),
  reshape: ([x], { shape }) => beneath(x!, "reshape").reshape(shape),
  transpose: ([x], { perm }) => {
    if (x!.node.op !== "transpose") return x!.transpose(perm);
    const { perm: first } = x!.node.attributes as AttributesOf<"transpose">;
    return beneath(x!, "transpose").transpose(perm.map((axis) => first[axis]!));
  },
};

function simplified<N extends OpName>(node: Node<N>, inputs: readonly Tensor[]): Tensor[] | undefined {
  const simplify: Simplification<N> | undefined = simplifications[node.op];
  const result = simplify?.(inputs, node.attributes);
  return result === undefined ? undefined : [result];
}

/** What `op` was applied to where x is its result, else x. */
function beneath(x: Tensor, op: OpName): Tensor {
  return x.node.op === op ? x.node.inputs[0]! : x;
}

/** x broadcast with `other`, where all of `other` is the neutral element. */
function without(x: Tensor, other: Tensor, neutral: number): Tensor | undefined {
  if (!isAll(other, neutral)) return undefined;
  return x.expand(broadcastShapes(x.shape, other.shape, "foldConstants"));
}

function isAll(x: Tensor, value: number): boolean {
  if (x.node.op === "expand" || x.node.op === "reshape") return isAll(x.node.inputs[0]!, value);
  return constantOf(x)?.every((element) => element === value) ?? false;
}

function constantOf(x: Tensor): TypedArray | undefined {
  return x.node.op === "constant" ? (x.node.attributes as ConstantLeaf).data : undefined;
}
