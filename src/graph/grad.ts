import { assert, fail } from "../core/errors.ts";
import { gradientRules } from "./gradients/index.ts";
import type { Backward } from "./gradients/rule.ts";
import { topological } from "./graph.ts";
import type { OpName } from "./ops/index.ts";
import { atPath } from "./path.ts";
import { full, type Node, Tensor } from "./tensor.ts";

/**
 * Reverse-mode gradients of a scalar loss by each tensor of `by`, as new nodes; undefined where the loss does not
 * depend on it. Only nodes on a path from `by` to the loss get gradients, so whatever is not asked for costs nothing.
 *
 * @throws BifocalError when the loss is not f32[] or the path crosses an op without a gradient.
 */
export function gradients(loss: Tensor, by: readonly Tensor[]): (Tensor | undefined)[] {
  if (loss.rank !== 0 || loss.dtype !== "f32")
    fail("shape", "gradients", { expected: "a loss of f32[]", got: loss.toString() });
  const order = topological([loss]);
  const wanted = new Set(by.map(keyOf));
  const onPath = new Set<Node>();
  for (const node of order) {
    if (
      node.inputs.some((input) => onPath.has(input.node)) ||
      node.types.some((_, i) => wanted.has(`${node.id}.${i}`))
    ) {
      onPath.add(node);
    }
  }
  const sums = new Map<string, Tensor>([[keyOf(loss), full(1)]]);
  for (const node of order.reverse()) {
    const dy = sums.get(`${node.id}.0`);
    if (dy === undefined || !node.inputs.some((input) => onPath.has(input.node))) continue;
    const byInputs = atPath(node.path, () => backward(node, dy));
    node.inputs.forEach((input, i) => {
      const part = byInputs[i];
      if (part === undefined || !onPath.has(input.node)) return;
      assert(
        input.index === 0,
        `the gradient of ${node.op} reached result ${input.index} of ${input.node.op}`,
      );
      const sum = sums.get(keyOf(input));
      sums.set(keyOf(input), sum === undefined ? part : sum.add(part));
    });
  }
  return by.map((tensor) => sums.get(keyOf(tensor)));
}

function keyOf(tensor: Tensor): string {
  return `${tensor.node.id}.${tensor.index}`;
}

function backward<N extends OpName>(node: Node<N>, dy: Tensor): readonly (Tensor | undefined)[] {
  const rule = gradientRules[node.op];
  if (typeof rule !== "function") {
    return fail("backend", `gradient of ${node.op} at ${node.path}`, {
      expected: "a differentiable op between loss and parameter",
      got: rule.notDifferentiable,
    });
  }
  const outputs = node.types.map((type, index) => new Tensor(node as unknown as Node, index, type));
  const view: Backward<N> = { attributes: node.attributes, inputs: node.inputs, outputs, dy };
  return rule(view);
}
