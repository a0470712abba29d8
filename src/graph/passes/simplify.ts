import type { TypedArray } from "../../core/dtype.ts";
import { broadcastShapes, sameShape, sizeOf } from "../../core/shape.ts";
import type { Graph } from "../graph.ts";
import type { AttributesOf, OpName } from "../ops/index.ts";
import type { ConstantLeaf } from "../ops/leaves.ts";
import { constant, type Node, type Tensor } from "../tensor.ts";
import { rewrite } from "./rewrite.ts";

/** The results of a node from the values of its inputs: backends/reference has one. */
export type Evaluate = (node: Node, inputs: readonly TypedArray[]) => readonly TypedArray[];

/** Elements a folded result may have although its inputs are smaller: 256 kB of f32. */
const largest = 65_536;

/**
 * Computes what depends on constants alone, drops what does nothing (x * 1, x + 0, moves that undo one another), makes
 * moves and casts of one tensor once, and multiplies rows with the axes they have instead of making them one.
 */
export function simplify(graph: Graph, evaluate: Evaluate): Graph {
  const made = new Map<string, Tensor>();
  const once: Once = (x) => {
    const { op, attributes, inputs } = x.node;
    if (!cheap.has(op)) return x;
    const key = `${op} ${inputs[0]!.node.id}.${inputs[0]!.index} ${JSON.stringify(attributes)}`;
    const known = made.get(key) ?? x;
    made.set(key, known);
    return known;
  };
  return rewrite(graph, (node, inputs) => {
    const constants = folded(node, inputs, evaluate);
    if (constants !== undefined) return constants;
    const result = simplified(node, inputs, once);
    return result && [once(result)];
  });
}

/** An equal tensor made before, if there is one, else x. */
type Once = (x: Tensor) => Tensor;

/** Ops of one input that are asked for again and again. */
const cheap: ReadonlySet<OpName> = new Set(["reshape", "transpose", "expand", "cast"]);

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
  once: Once,
) => Tensor | undefined;

const simplifications: { readonly [N in OpName]?: Simplification<N> } = {
  sub: ([a, b]) => without(a!, b!, 0),
  mul: ([a, b]) => without(a!, b!, 1) ?? without(b!, a!, 1),
  div: ([a, b]) => without(a!, b!, 1),
  stopGradient: ([x]) => x,
  neg: ([x]) => (x!.node.op === "neg" ? x!.node.inputs[0] : undefined),
  cast: ([x], { to }, once) => once(beneath(x!, "reshape").cast(to)).reshape(x!.shape),
  expand: ([x], { shape }) => beneath(x!, "expand").expand(shape),
  reshape: ([x], { shape }) => {
    const source = beneath(x!, "reshape");
    // A reshape of moved elements copies them: reshapes of its result do not again.
    return isMoved(source) && !sameShape(source.shape, shape) ? x!.reshape(shape) : source.reshape(shape);
  },
  transpose: ([x], { perm }) => {
    if (x!.node.op !== "transpose") return x!.transpose(perm);
    const { perm: first } = x!.node.attributes as AttributesOf<"transpose">;
    return beneath(x!, "transpose").transpose(perm.map((axis) => first[axis]!));
  },
  matmul: ([a, b], { transA, transB, alpha }) => {
    const x = transA || b!.rank !== 2 ? undefined : beneathRows(a!);
    return x?.matmul(b!, { transB, alpha }).reshape([a!.shape[0]!, b!.shape[transB ? 0 : 1]!]);
  },
  add: ([a, b]) => {
    const x = beneathRows(a!);
    if (x?.node.op !== "matmul" || b!.rank !== 1) return without(a!, b!, 0) ?? without(b!, a!, 0);
    return x.add(b!).reshape(a!.shape);
  },
  sum: ([a], { axes, keepDims }) => {
    const x = axes.length === 1 && axes[0] === 0 ? beneathRows(a!) : undefined;
    const sum = x?.sum(x.shape.slice(1).map((_, i) => i));
    return keepDims ? sum?.unsqueeze(0) : sum;
  },
};

function simplified<N extends OpName>(
  { op, attributes }: Node<N>,
  inputs: readonly Tensor[],
  once: Once,
): Tensor | undefined {
  const simplification: Simplification<N> | undefined = simplifications[op];
  return simplification?.(inputs, attributes, once);
}

/** What `op` was applied to where x is its result, else x. */
function beneath(x: Tensor, op: OpName): Tensor {
  return x.node.op === op ? x.node.inputs[0]! : x;
}

/** What has more axes where x is its rows, [-1, last axis]. */
function beneathRows(x: Tensor): Tensor | undefined {
  const source = beneath(x, "reshape");
  return x.rank === 2 && source.rank > 2 && source.shape.at(-1) === x.shape[1] ? source : undefined;
}

function isMoved({ node: { op } }: Tensor): boolean {
  return op === "transpose" || op === "expand" || op === "slice";
}

/** x broadcast with `other`, where all of `other` is the neutral element. */
function without(x: Tensor, other: Tensor, neutral: number): Tensor | undefined {
  if (!isAll(other, neutral)) return undefined;
  return x.expand(broadcastShapes(x.shape, other.shape, "simplify"));
}

function isAll(x: Tensor, value: number): boolean {
  if (x.node.op === "expand" || x.node.op === "reshape") return isAll(x.node.inputs[0]!, value);
  return constantOf(x)?.every((element) => element === value) ?? false;
}

function constantOf(x: Tensor): TypedArray | undefined {
  return x.node.op === "constant" ? (x.node.attributes as ConstantLeaf).data : undefined;
}
