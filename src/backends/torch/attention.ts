import type { AttributesOf } from "../../graph/ops/index.ts";
import type { Node, Tensor } from "../../graph/tensor.ts";
import { castTo } from "./arithmetic.ts";
import { type Emitter, flag, float, none, some, type Value } from "./emit.ts";
import type { Fused } from "./lowered.ts";
import { inputsOf } from "./match.ts";

/**
 * softmax(alpha Q K^T + bias) V as one op, where nobody else reads scores or weights: in evaluation, where no gradient
 * does, and without dropout. In training weights are read again, so there it stays four ops.
 */
export function attention(node: Node, readers: (x: Tensor) => number): Fused | undefined {
  if (node.op !== "matmul") return undefined;
  const outer = node.attributes as AttributesOf<"matmul">;
  const [weights, values] = node.inputs as [Tensor, Tensor];
  if (outer.transA || outer.transB || outer.alpha !== 1 || weights.rank !== 4 || values.rank !== 4)
    return undefined;
  const once = (x: Tensor | undefined) => (x !== undefined && readers(x) === 1 ? x : undefined);
  // In mixed precision softmax is f32 between products of bf16.
  const beneathCast = (x: Tensor | undefined) => once(inputsOf(once(x), "cast")?.[0]) ?? once(x);

  const biased = once(inputsOf(beneathCast(weights), "softmax")?.[0]);
  const [sum, bias] = inputsOf(biased, "add") ?? [biased];
  const scores = beneathCast(sum);
  const [queries, keys] = inputsOf(scores, "matmul") ?? [];
  if (scores === undefined || queries === undefined || keys === undefined) return undefined;
  const { transA, transB, alpha } = scores.node.attributes as AttributesOf<"matmul">;
  if (transA || !transB || queries.rank !== 4 || (bias !== undefined && bias.rank !== 4)) return undefined;

  const isBf16 = values.dtype === "bf16";
  const emitCall = (emit: Emitter, inputs: readonly Value[]): readonly Value[] => {
    const widened = isBf16 && !emit.fastBf16;
    const [query, key, value] = inputs.slice(0, 3).map((x) => (widened ? castTo(emit, x, "f32") : x));
    const mask = inputs[3] !== undefined && isBf16 && !widened ? castTo(emit, inputs[3], "bf16") : inputs[3];
    const [noDropout, notCausal, notGrouped] = [float(0), flag(false), flag(false)];
    const result = emit.call("aten::scaled_dot_product_attention", [
      ...[query!, key!, value!],
      mask === undefined ? none : some(mask),
      ...[noDropout, notCausal, some(float(alpha)), notGrouped],
    ]);
    return [widened ? castTo(emit, result, "bf16") : result];
  };
  const inputs = [queries, keys, values, ...(bias === undefined ? [] : [bias])];
  return { inputs, emit: emitCall };
}
