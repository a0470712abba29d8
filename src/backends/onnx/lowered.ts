import type { TensorType } from "../../graph/ops/definition.ts";
import type { AttributesOf, OpName } from "../../graph/ops/index.ts";
import type { Draw } from "../draws.ts";
import type { Emitter } from "./emit.ts";

/** What a lowering sees of a node: attributes, types, and the names of its inputs in the model. */
export interface Lowered<N extends OpName> {
  readonly emit: Emitter;
  readonly draw: Draw<string>;
  readonly attributes: AttributesOf<N>;
  readonly inputs: readonly string[];
  readonly inputTypes: readonly TensorType[];
  readonly types: readonly TensorType[];
}
