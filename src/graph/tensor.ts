import { allocate, type Dtype, type TypedArray } from "../core/dtype.ts";
import { fail } from "../core/errors.ts";
import { axisOf, type Shape, sameShape, showShape, sizeOf } from "../core/shape.ts";
import { showType, type TensorType } from "./ops/definition.ts";
import type { GeluKind } from "./ops/elementwise.ts";
import { type AttributesOf, definitionOf, type OpName } from "./ops/index.ts";
import { currentPath } from "./path.ts";

/** One application of an op. Graphs are what is reachable from their outputs; nothing registers nodes. */
export interface Node<N extends OpName = OpName> {
  /** Rises with creation, so inputs always have smaller ids: a topological order. */
  readonly id: number;
  readonly op: N;
  readonly attributes: AttributesOf<N>;
  readonly inputs: readonly Tensor[];
  readonly types: readonly TensorType[];
  /** The module that made it, for messages and the printer. */
  readonly path: string;
}

let nextId = 0;

/** Builds a node and returns its results. @throws BifocalError naming the module path and the op when the types do not fit. */
export function applyAll<N extends OpName>(
  op: N,
  attributes: AttributesOf<N>,
  inputs: readonly Tensor[],
): Tensor[] {
  const path = currentPath();
  const where = path === "" ? op : `${op} at ${path}`;
  const types = definitionOf(op).infer(
    attributes,
    inputs.map((input) => input.type),
    where,
  );
  const wrong = types.find((type) => !type.shape.every((n) => Number.isInteger(n) && n >= 0));
  if (wrong !== undefined) fail("shape", where, { expected: "whole sizes", got: showType(wrong) });
  const node: Node<N> = { id: nextId++, op, attributes, inputs, types, path };
  return types.map((type, index) => new Tensor(node as unknown as Node, index, type));
}

/** `applyAll` for the first result. */
export function apply<N extends OpName>(
  op: N,
  attributes: AttributesOf<N>,
  ...inputs: readonly Tensor[]
): Tensor {
  return applyAll(op, attributes, inputs)[0]!;
}

/** A constant with the given values, row-major. */
export function constant(dtype: Dtype, shape: Shape, values: ArrayLike<number>): Tensor {
  const data = allocate(dtype, sizeOf(shape));
  data.set(values as TypedArray);
  return apply("constant", { type: { dtype, shape }, data });
}

/**
 * A scalar constant, or every element of `shape` the same by broadcasting.
 *
 * @throws BifocalError when an integer dtype cannot hold the value.
 */
export function full(value: number, dtype: Dtype = "f32", shape: Shape = []): Tensor {
  const scalar = constant(dtype, [], [value]);
  const [stored] = (scalar.node.attributes as AttributesOf<"constant">).data;
  if (dtype !== "f32" && stored !== value) {
    fail("dtype", "full", {
      expected: `a number that ${dtype} holds`,
      got: String(value),
      todo: "cast first",
    });
  }
  return shape.length === 0 ? scalar : scalar.expand(shape);
}

/** 0, 1, ... n - 1 as i32[n]. */
export function iota(n: number): Tensor {
  return constant(
    "i32",
    [n],
    Int32Array.from({ length: n }, (_, i) => i),
  );
}

/** Joins tensors that agree in dtype and in every other axis. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  if (tensors.length === 1) return tensors[0]!;
  return apply("concat", { axis: axisOf(axis, tensors[0]!.rank, "concat") }, ...tensors);
}

type Operand = Tensor | number;

/** A value of a traced graph: dtype and shape are known, numbers are not. Methods build nodes. */
export class Tensor {
  readonly node: Node;
  readonly index: number;
  readonly type: TensorType;

  constructor(node: Node, index: number, type: TensorType) {
    this.node = node;
    this.index = index;
    this.type = type;
  }

  get shape(): Shape {
    return this.type.shape;
  }
  get dtype(): Dtype {
    return this.type.dtype;
  }
  get rank(): number {
    return this.type.shape.length;
  }
  /** Number of elements. */
  get size(): number {
    return sizeOf(this.type.shape);
  }

  #operand(other: Operand): Tensor {
    return typeof other === "number" ? full(other, this.dtype) : other;
  }

  add(other: Operand): Tensor {
    return apply("add", {}, this, this.#operand(other));
  }
  sub(other: Operand): Tensor {
    return apply("sub", {}, this, this.#operand(other));
  }
  mul(other: Operand): Tensor {
    return apply("mul", {}, this, this.#operand(other));
  }
  div(other: Operand): Tensor {
    return typeof other === "number" && this.dtype === "f32"
      ? this.mul(1 / other)
      : apply("div", {}, this, this.#operand(other));
  }
  pow(other: Operand): Tensor {
    return apply("pow", {}, this, this.#operand(other));
  }
  maximum(other: Operand): Tensor {
    return apply("maximum", {}, this, this.#operand(other));
  }
  minimum(other: Operand): Tensor {
    return apply("minimum", {}, this, this.#operand(other));
  }
  equal(other: Operand): Tensor {
    return apply("equal", {}, this, this.#operand(other));
  }
  less(other: Operand): Tensor {
    return apply("less", {}, this, this.#operand(other));
  }
  and(other: Tensor): Tensor {
    return apply("and", {}, this, other);
  }
  or(other: Tensor): Tensor {
    return apply("or", {}, this, other);
  }
  not(): Tensor {
    return apply("not", {}, this);
  }
  neg(): Tensor {
    return apply("neg", {}, this);
  }
  abs(): Tensor {
    return apply("abs", {}, this);
  }
  exp(): Tensor {
    return apply("exp", {}, this);
  }
  log(): Tensor {
    return apply("log", {}, this);
  }
  sqrt(): Tensor {
    return apply("sqrt", {}, this);
  }
  reciprocal(): Tensor {
    return apply("reciprocal", {}, this);
  }
  sin(): Tensor {
    return apply("sin", {}, this);
  }
  cos(): Tensor {
    return apply("cos", {}, this);
  }
  tanh(): Tensor {
    return apply("tanh", {}, this);
  }
  sigmoid(): Tensor {
    return apply("sigmoid", {}, this);
  }
  erf(): Tensor {
    return apply("erf", {}, this);
  }
  relu(): Tensor {
    return apply("relu", {}, this);
  }
  /** The same numbers, held fixed for the gradient. */
  stopGradient(): Tensor {
    return apply("stopGradient", {}, this);
  }
  gelu(kind: GeluKind): Tensor {
    return apply("gelu", { kind }, this);
  }
  /** As a condition: `whenTrue` where this is true, else `whenFalse`; one of the two must be a tensor. */
  where(whenTrue: Operand, whenFalse: Operand): Tensor {
    const dtype =
      typeof whenTrue !== "number" ? whenTrue.dtype : typeof whenFalse !== "number" ? whenFalse.dtype : "f32";
    const branch = (value: Operand) => (typeof value === "number" ? full(value, dtype) : value);
    return apply("where", {}, this, branch(whenTrue), branch(whenFalse));
  }
  cast(to: Dtype): Tensor {
    return this.dtype === to ? this : apply("cast", { to }, this);
  }

  /** One size may be -1: whatever is left. */
  reshape(shape: Shape): Tensor {
    const known = shape.reduce((product, n) => (n === -1 ? product : product * n), 1);
    const resolved = shape.map((n) => (n === -1 ? this.size / known : n));
    return sameShape(resolved, this.shape) ? this : apply("reshape", { shape: resolved }, this);
  }
  transpose(perm: readonly number[]): Tensor {
    const same = perm.length === this.rank && perm.every((axis, i) => axis === i);
    return same ? this : apply("transpose", { perm }, this);
  }
  /** Swaps two axes. */
  swap(a: number, b: number): Tensor {
    const perm = this.shape.map((_, i) => i);
    const from = axisOf(a, this.rank, "swap");
    const to = axisOf(b, this.rank, "swap");
    perm[from] = to;
    perm[to] = from;
    return this.transpose(perm);
  }
  expand(shape: Shape): Tensor {
    return sameShape(shape, this.shape) ? this : apply("expand", { shape }, this);
  }
  /** Elements start to end - 1 of one axis. */
  slice(axis: number, start: number, end: number): Tensor {
    const at = axisOf(axis, this.rank, "slice");
    if (start === 0 && end === this.shape[at]) return this;
    const starts = this.shape.map((_, i) => (i === at ? start : 0));
    const sizes = this.shape.map((n, i) => (i === at ? end - start : n));
    return apply("slice", { starts, sizes }, this);
  }
  /** Element `index` of one axis, which goes away: x.at(1, 0) is x[:, 0]. */
  at(axis: number, index: number): Tensor {
    const dropped = axisOf(axis, this.rank, "at");
    return this.slice(dropped, index, index + 1).reshape(this.shape.filter((_, i) => i !== dropped));
  }
  /** A new axis of size 1 in front of `axis`. */
  unsqueeze(axis: number): Tensor {
    const at = axisOf(axis, this.rank + 1, "unsqueeze");
    return this.reshape([...this.shape.slice(0, at), 1, ...this.shape.slice(at)]);
  }
  pad(before: readonly number[], after: readonly number[]): Tensor {
    return apply("pad", { before, after }, this);
  }

  sum(axes: number | readonly number[], keepDims = false): Tensor {
    return this.#reduce("sum", axes, keepDims);
  }
  max(axes: number | readonly number[], keepDims = false): Tensor {
    return this.#reduce("max", axes, keepDims);
  }
  mean(axes: number | readonly number[], keepDims = false): Tensor {
    const total = this.sum(axes, keepDims);
    return total.mul(Math.max(total.size, 1) / this.size);
  }
  /** Sum over everything: f32[]. */
  sumAll(): Tensor {
    return this.sum(this.shape.map((_, i) => i));
  }
  #reduce(op: "sum" | "max", axes: number | readonly number[], keepDims: boolean): Tensor {
    const list = (typeof axes === "number" ? [axes] : axes).map((axis) => axisOf(axis, this.rank, op));
    if (list.length === 0) return this;
    return apply(op, { axes: list.sort((a, b) => a - b), keepDims }, this);
  }
  /** Sums what broadcasting from `shape` repeated: the gradient of broadcasting. */
  sumTo(shape: Shape): Tensor {
    const extra = this.rank - shape.length;
    const axes = this.shape.flatMap((n, i) => (i < extra || (shape[i - extra] === 1 && n !== 1) ? [i] : []));
    if (axes.every((axis) => axis < extra)) return this.sum(axes);
    return this.sum(axes, true).reshape(shape);
  }
  topK(k: number): { values: Tensor; indices: Tensor } {
    const [values, indices] = applyAll("topK", { k }, [this]);
    return { values: values!, indices: indices! };
  }
  argmax(): Tensor {
    return apply("argmax", {}, this);
  }

  matmul(other: Tensor, options: { transA?: boolean; transB?: boolean; alpha?: number } = {}): Tensor {
    const { transA = false, transB = false, alpha = 1 } = options;
    return apply("matmul", { transA, transB, alpha }, this, other);
  }
  softmax(): Tensor {
    return apply("softmax", {}, this);
  }
  logSoftmax(): Tensor {
    return apply("logSoftmax", {}, this);
  }
  /** As a table: its rows at `ids` (i32). */
  gather(ids: Tensor): Tensor {
    return apply("gather", {}, this, ids);
  }
  scatterAdd(ids: Tensor, size: number): Tensor {
    return apply("scatterAdd", { size }, this, ids);
  }
  pick(index: Tensor): Tensor {
    return apply("pick", {}, this, index);
  }

  toString(): string {
    return `%${this.node.id}${this.index > 0 ? `.${this.index}` : ""} ${this.dtype}${showShape(this.shape)}`;
  }
}
