import type { Graph } from "../../graph/graph.ts";
import { type Node, Tensor } from "../../graph/tensor.ts";
import { flags, ints, some } from "./emit.ts";
import type { Fused } from "./lowered.ts";
import { inputsOf, meanOfRows, same, sumsColumns } from "./match.ts";

/**
 * Where `node` is the gradient of a layer norm by its input, as gradients/numeric.ts builds it, that node and the sums
 * that are the gradients by scale and bias: one op of libtorch gives all three.
 */
export function normGradients(node: Node, graph: Graph): readonly (readonly [Node, Fused])[] {
  const found = match(node);
  if (found === undefined) return [];
  const { norm, dy, z } = found;
  const [x, scale, bias] = norm.inputs as [Tensor, Tensor, Tensor];
  const [mean, inverseStd] = [1, 2].map((index) => new Tensor(norm, index, norm.types[index]!));
  const byInput: Fused = {
    inputs: [dy, x, mean!, inverseStd!, scale, bias],
    emit: (emit, [slopes, input, means, factors, weight, offset]) =>
      emit.callAll(
        "aten::native_layer_norm_backward",
        [
          slopes!,
          input!,
          ints(scale.shape),
          means!,
          factors!,
          some(weight!),
          some(offset!),
          flags(true, true, true),
        ],
        3,
      ),
  };
  // The op has three results where the node has one; what comes later in the graph may read the other two.
  const sums = graph.nodes.flatMap((sum): (readonly [Node, Fused])[] => {
    if (sum.op !== "sum" || sum.id < node.id) return [];
    const summed = sum.inputs[0]!;
    const factors = inputsOf(summed, "mul");
    const isScale = factors !== undefined && same(factors[0], dy) && same(factors[1], z);
    if ((!isScale && !same(summed, dy)) || !sumsColumns(sum, summed)) return [];
    const inputs = [new Tensor(node, isScale ? 1 : 2, scale.type)];
    return [
      [
        sum,
        { inputs, emit: (emit, [flat]) => [emit.call("aten::reshape", [flat!, ints(sum.types[0]!.shape)])] },
      ],
    ];
  });
  return [[node, byInput], ...sums];
}

/** r (g - mean(g) - z mean(g z)) with g = dy scale and z = (x - mean) r. */
function match({ op, inputs }: Node): { norm: Node; dy: Tensor; z: Tensor } | undefined {
  const [centred, factor] = op === "mul" ? inputs : [];
  const norm = factor?.index === 2 && factor.node.op === "layerNorm" ? factor.node : undefined;
  const [rest, along] = inputsOf(centred, "sub") ?? [];
  const [g, meanOfG] = inputsOf(rest, "sub") ?? [];
  const [z, share] = inputsOf(along, "mul") ?? [];
  const [dy, scale] = inputsOf(g, "mul") ?? [];
  if (norm === undefined || dy === undefined || z === undefined) return undefined;
  const [distance, again] = inputsOf(z, "mul") ?? [];
  const [x, mean] = inputsOf(distance, "sub") ?? [];
  const product = inputsOf(meanOfRows(share), "mul") ?? [];
  const fits =
    same(scale, norm.inputs[1]) &&
    same(meanOfRows(meanOfG), g) &&
    same(product[0], g) &&
    same(product[1], z) &&
    same(again, factor) &&
    same(x, norm.inputs[0]) &&
    mean?.node === norm &&
    mean.index === 1;
  return fits ? { norm, dy, z } : undefined;
}
