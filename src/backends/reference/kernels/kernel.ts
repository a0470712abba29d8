import type { Dtype, TypedArray } from "../../../core/dtype.ts";
import { type Shape, sizeOf, stridesOf } from "../../../core/shape.ts";
import type { TensorType } from "../../../graph/ops/definition.ts";
import type { AttributesOf, OpName } from "../../../graph/ops/index.ts";

/** Float64Array for f32 and bf16, Int32Array for i32, Uint8Array for u8 and bool; kernels never write into their inputs. */
export type Data = Float64Array | Int32Array | Uint8Array;

/** A tensor with its numbers. */
export interface Value {
  readonly type: TensorType;
  /** Row-major. */
  readonly data: Data;
}

/** One application of an op, with numbers. */
export interface Call<N extends OpName> {
  readonly attributes: AttributesOf<N>;
  readonly inputs: readonly Value[];
  /** What the op's rule says of the results. */
  readonly types: readonly TensorType[];
  /** Op and module path, for errors. */
  readonly where: string;
}

/** Computes all results of one op; this is what the op means. */
export type Kernel<N extends OpName> = (call: Call<N>) => readonly Data[];

/** Kernels by op, total over N. */
export type Kernels<N extends OpName> = { readonly [K in N]: Kernel<K> };

const constructors = {
  f32: Float64Array,
  bf16: Float64Array,
  i32: Int32Array,
  u8: Uint8Array,
  bool: Uint8Array,
} as const;

/** A copy of an array in the working type of `dtype`. */
export function working(dtype: Dtype, array: TypedArray): Data {
  return new constructors[dtype](array);
}

/** Zeros. */
export function zeros(type: TensorType): Data {
  return new constructors[type.dtype](sizeOf(type.shape));
}

/** offset + i0 * strides[0] + i1 * strides[1] + ... for every index of `shape`, in row-major order. */
export function positions(shape: Shape, strides: readonly number[], offset = 0): Int32Array {
  const result = new Int32Array(sizeOf(shape));
  let filled = 1;
  result[0] = offset;
  // The innermost axes are laid out first; every outer axis repeats what is there with its own stride.
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    for (let i = 1; i < shape[axis]!; i++) {
      for (let j = 0; j < filled; j++) result[i * filled + j] = result[j]! + i * strides[axis]!;
    }
    filled *= shape[axis]!;
  }
  return result;
}

/** For every element of `to`, the position of the element of `from` that broadcasting puts there. */
export function broadcastPositions(from: Shape, to: Shape): Int32Array {
  const extra = to.length - from.length;
  const own = stridesOf(from);
  const strides = to.map((_, i) => (i < extra || from[i - extra] === 1 ? 0 : own[i - extra]!));
  return positions(to, strides);
}

/** The elements of x at `at`, in that order. */
export function taken(x: Value, at: Int32Array): Data {
  const result = new constructors[x.type.dtype](at.length);
  for (let i = 0; i < at.length; i++) result[i] = x.data[at[i]!]!;
  return result;
}
