import type { TensorType } from "../../graph/ops/definition.ts";
import type { AttributesOf, OpName } from "../../graph/ops/index.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { Draw } from "../draws.ts";
import type { Emitter, Value } from "./emit.ts";

/** What a lowering sees of a node: attributes, types, and its inputs in the program. */
export interface Lowered<N extends OpName> {
  readonly emit: Emitter;
  readonly draw: Draw<Value>;
  readonly attributes: AttributesOf<N>;
  readonly inputs: readonly Value[];
  readonly inputTypes: readonly TensorType[];
  readonly types: readonly TensorType[];
}

/** Emits the calls of one node and returns its results. */
export type Lowering<N extends OpName> = (node: Lowered<N>) => readonly Value[];

/** Lowerings by op, total over N. */
export type Lowerings<N extends OpName> = { readonly [K in N]: Lowering<K> };

/** What is emitted in place of a node: from other inputs than it has, with at least its results. */
export interface Fused {
  readonly inputs: readonly Tensor[];
  emit(emit: Emitter, inputs: readonly Value[]): readonly Value[];
}
