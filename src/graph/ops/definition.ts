import type { Dtype } from "../../core/dtype.ts";
import { fail } from "../../core/errors.ts";
import { type Shape, showShape } from "../../core/shape.ts";

/** What is known of a tensor before any number exists. */
export interface TensorType {
  readonly dtype: Dtype;
  readonly shape: Shape;
}

/** An input of a conformance sample: values are drawn from [low, high); integers are floored. */
export interface SampleInput extends TensorType {
  readonly low: number;
  readonly high: number;
}

/** One application of an op, to be fed with drawn numbers. */
export interface Sample<A> {
  readonly attributes: A;
  readonly inputs: readonly SampleInput[];
}

/**
 * An op is its rule for result types and two or three samples, which every backend must compute as the reference
 * backend does and whose gradient must agree with finite differences. Its gradient stands in `graph/gradients`,
 * its meaning in `backends/reference`; both tables are total over the ops, so a new op does not compile without them.
 */
export interface OpDefinition<A> {
  /** @throws BifocalError "shape" or "dtype" naming `where`. */
  readonly infer: (attributes: A, inputs: readonly TensorType[], where: string) => readonly TensorType[];
  readonly samples: readonly Sample<A>[];
}

/** Names the attribute type of a definition written in place. */
export function define<A>(definition: OpDefinition<A>): OpDefinition<A> {
  return definition;
}

/** A sample input of floats in [low, high). */
export const f32 = (shape: Shape, low = -2, high = 2): SampleInput => ({ dtype: "f32", shape, low, high });
/** A sample input of integers in [low, high). */
export const i32 = (shape: Shape, low: number, high: number): SampleInput => ({
  dtype: "i32",
  shape,
  low,
  high,
});
/** A sample input of zeros and ones. */
export const bool = (shape: Shape): SampleInput => ({ dtype: "bool", shape, low: 0, high: 2 });

/** Renders "f32[8, 40, 768]". */
export function showType(type: TensorType): string {
  return `${type.dtype}${showShape(type.shape)}`;
}

/** Checks a rule of dtypes. @throws BifocalError when the input's dtype is none of `allowed`. */
export function expectDtype(type: TensorType, allowed: readonly Dtype[], where: string): void {
  if (!allowed.includes(type.dtype)) {
    fail("dtype", where, { expected: allowed.join(" or "), got: showType(type), todo: "cast it first" });
  }
}

/** Checks a rule of shapes. @throws BifocalError "shape" with `expected` and the types `got` unless the condition holds. */
export function expectShape(condition: boolean, where: string, expected: string, ...got: TensorType[]): void {
  if (!condition) fail("shape", where, { expected, got: got.map(showType).join(" and ") });
}
