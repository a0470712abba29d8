import type { OpName } from "../../graph/ops/index.ts";
import type { ConstantLeaf } from "../../graph/ops/leaves.ts";
import type { ReduceAttributes } from "../../graph/ops/reduction.ts";
import type { Node, Tensor } from "../../graph/tensor.ts";

/** The inputs of the node that made x, where its first result is x and its op the given one. */
export function inputsOf(x: Tensor | undefined, op: OpName): readonly Tensor[] | undefined {
  return x?.index === 0 && x.node.op === op ? x.node.inputs : undefined;
}

/** The same result of the same node. */
export function same(a: Tensor | undefined, b: Tensor | undefined): boolean {
  return a !== undefined && a.node === b?.node && a.index === b.index;
}

/** Whether x is the constant `value`, a scalar. */
export function isNumber(x: Tensor | undefined, value: number): boolean {
  if (x?.node.op !== "constant" || x.size !== 1) return false;
  return (x.node.attributes as ConstantLeaf).data[0] === Math.fround(value);
}

/** What x is the sum of along the last axis, kept as an axis of size 1. */
export function summedRows(x: Tensor | undefined): Tensor | undefined {
  const summed = inputsOf(x, "sum")?.[0];
  const { axes, keepDims } = (x?.node.attributes ?? {}) as ReduceAttributes;
  return summed !== undefined && keepDims && axes.length === 1 && axes[0] === summed.rank - 1
    ? summed
    : undefined;
}

/** The same for the mean: the sum times 1 / n. */
export function meanOfRows(x: Tensor | undefined): Tensor | undefined {
  const [sum, factor] = inputsOf(x, "mul") ?? [];
  const summed = summedRows(sum);
  return summed !== undefined && isNumber(factor, 1 / summed.shape.at(-1)!) ? summed : undefined;
}

/** Whether the node sums x over every axis but the last. */
export function sumsColumns(node: Node, x: Tensor): boolean {
  const { axes } = node.attributes as ReduceAttributes;
  return (
    node.op === "sum" && same(node.inputs[0], x) && axes.length === x.rank - 1 && !axes.includes(x.rank - 1)
  );
}
