import { assert, fail } from "../core/errors.ts";
import { gradientRules } from "./gradients/index.ts";
import type { Backward } from "./gradients/rule.ts";
import { topological } from "./graph.ts";
import type { OpName } from "./ops/index.ts";
import { atPath } from "./path.ts";
import { type Reread, recomputed, resultsOf } from "./recompute.ts";
import { full, type Node, type Tensor } from "./tensor.ts";

/** What is computed again for gradients instead of being kept: the inside of every numbered layer. */
export type Recompute = "blocks";

/**
 * Reverse-mode gradients of a scalar loss by each tensor of `by`, as new nodes; undefined where the loss does not
 * depend on it. Only nodes on a path from `by` to the loss get gradients, so whatever is not asked for costs nothing.
 *
 * @throws BifocalError when the loss is not f32[] or the path crosses an op without a gradient.
 */
export function gradients(
  loss: Tensor,
  by: readonly Tensor[],
  recompute?: Recompute,
): (Tensor | undefined)[] {
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
  const reread = recompute === undefined ? kept : recomputed(order);
  for (const node of order.reverse()) {
    const dy = sums.get(`${node.id}.0`);
    if (dy === undefined || !node.inputs.some((input) => onPath.has(input.node))) continue;
    const byInputs = atPath(node.path, () => backward(node, dy, reread(node, dy)));
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

const kept = (node: Node): Reread => ({ inputs: node.inputs, outputs: resultsOf(node) });

function backward<N extends OpName>(
  node: Node<N>,
  dy: Tensor,
  reread: Reread,
): readonly (Tensor | undefined)[] {
  const rule = gradientRules[node.op];
  if (typeof rule !== "function") {
    return fail("backend", `gradient of ${node.op} at ${node.path}`, {
      expected: "a differentiable op between loss and parameter",
      got: rule.notDifferentiable,
    });
  }
  const view: Backward<N> = { attributes: node.attributes, ...reread, dy };
  return rule(view);
}
