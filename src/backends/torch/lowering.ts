import type { OpName } from "../../graph/ops/index.ts";
import type { Node } from "../../graph/tensor.ts";
import type { Draw } from "../draws.ts";
import { elementwiseLowerings } from "./elementwise.ts";
import type { Emitter, Value } from "./emit.ts";
import type { Lowered, Lowering, Lowerings } from "./lowered.ts";
import { numericLowerings } from "./numeric.ts";
import { structureLowerings } from "./structure.ts";
import { windowLowerings } from "./windows.ts";

/** How libtorch says each op; total, so the compiler names an op that lacks one. */
const lowerings: Lowerings<OpName> = {
  input: ({ emit, attributes: { name } }) => [emit.leaf(name)],
  parameter: ({ emit, attributes: { name } }) => [emit.leaf(name)],
  constant: ({ emit, attributes: { type, data } }) => [emit.constant(type.dtype, type.shape, data)],
  ...elementwiseLowerings,
  ...structureLowerings,
  ...numericLowerings,
  ...windowLowerings,
  randomBits: ({ draw, attributes, inputs: [key] }) => [draw(attributes, key!)],
};

/** Emits one node of the graph. */
export function lower<N extends OpName>(
  emit: Emitter,
  draw: Draw<Value>,
  node: Node<N>,
  inputs: readonly Value[],
): readonly Value[] {
  const lowering: Lowering<N> = lowerings[node.op];
  const inputTypes = node.inputs.map((input) => input.type);
  const view: Lowered<N> = { emit, draw, attributes: node.attributes, inputs, inputTypes, types: node.types };
  return lowering(view);
}
