import type { AttributesOf, OpName } from "../ops/index.ts";
import type { Tensor } from "../tensor.ts";

/** What a gradient rule sees of one node. */
export interface Backward<N extends OpName> {
  readonly attributes: AttributesOf<N>;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** Gradient of the loss by the first result: the only result that carries one. */
  readonly dy: Tensor;
}

/**
 * Gradients by the inputs, in their order; undefined for an input that has none (ids, conditions, shapes).
 * A rule builds nodes; those nobody needs are never reached.
 */
export type GradientRule<N extends OpName> = (node: Backward<N>) => readonly (Tensor | undefined)[];

/** An op without a gradient, and why. */
export interface NotDifferentiable {
  readonly notDifferentiable: string;
}

/** For ops whose slope is zero wherever it exists. */
export const discrete: NotDifferentiable = {
  notDifferentiable: "its results are steps: integers, booleans or positions",
};

/** Gradient rules by op, total over N. */
export type Rules<N extends OpName> = { readonly [K in N]: GradientRule<K> | NotDifferentiable };
