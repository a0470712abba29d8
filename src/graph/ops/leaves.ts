import type { TypedArray } from "../../core/dtype.ts";
import type { OpDefinition, TensorType } from "./definition.ts";

/** A leaf whose numbers come from outside; names are unique in a graph. */
export interface NamedLeaf {
  readonly name: string;
  readonly type: TensorType;
}

/** A leaf whose numbers are part of the graph. */
export interface ConstantLeaf {
  readonly type: TensorType;
  /** Row-major. */
  readonly data: TypedArray;
}

function leaf<A extends { readonly type: TensorType }>(): OpDefinition<A> {
  return { infer: ({ type }) => [type], samples: [] };
}

/** Where a graph begins. */
export const leaves = {
  /** Fed at every run: a part of the batch, or a scalar of the step. */
  input: leaf<NamedLeaf>(),
  /** Fed from the weights; its name is its path in the checkpoint. */
  parameter: leaf<NamedLeaf>(),
  constant: leaf<ConstantLeaf>(),
};
