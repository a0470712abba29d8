import { dropout } from "../graph/functions.ts";
import { dims, rearrange } from "../graph/rearrange.ts";
import { constant, type Tensor } from "../graph/tensor.ts";
import { linear } from "./linear.ts";
import type { Scope } from "./scope.ts";

/** `width` is a multiple of `heads`: a head sees width / heads of it. */
export interface AttentionConfig {
  readonly width: number;
  readonly heads: number;
  /** Width of keys' and values' source; `width` in self-attention. */
  readonly sourceWidth?: number;
  /** On the attention weights. */
  readonly dropout: number;
  /** Which of query, key and value have a bias; "all" when absent, "not-key" in BEiT. The output always has one. */
  readonly projectionBias?: "all" | "not-key" | "none" | undefined;
}

/**
 * Scaled dot-product attention in several heads (Vaswani et al. 2017, arXiv:1706.03762, section 3.2).
 * Queries come from x [B,N,D], keys and values from source [B,M,E]; `bias` is added to the scores and broadcasts to
 * [B,H,N,M]. Returns the mixed values [B,N,D] and the weights [B,H,N,M] before dropout.
 */
export function attention(at: Scope, c: AttentionConfig) {
  const source = c.sourceWidth ?? c.width;
  const { projectionBias = "all" } = c;
  const bias = projectionBias !== "none";
  const toQuery = linear(at.in("query"), { from: c.width, to: c.width, bias });
  const toKey = linear(at.in("key"), { from: source, to: c.width, bias: projectionBias === "all" });
  const toValue = linear(at.in("value"), { from: source, to: c.width, bias });
  const toOutput = linear(at.in("output"), { from: c.width, to: c.width });
  const split = (x: Tensor) => rearrange(x, "B N (H K) -> B H N K", { H: c.heads });

  return at.layer((x: Tensor, from: Tensor, bias?: Tensor): { output: Tensor; weights: Tensor } => {
    dims([x, "B N D"], [from, "B M E"]);
    const query = split(toQuery(x));
    const key = split(toKey(from));
    const value = split(toValue(from));
    const scores = query.matmul(key, { transB: true, alpha: 1 / Math.sqrt(c.width / c.heads) }); // [B, H, N, M]
    const weights = (bias === undefined ? scores : scores.add(bias)).softmax();
    const mixed = dropout(weights, c.dropout).matmul(value); // [B, H, N, K]
    return { output: toOutput(rearrange(mixed, "B H N K -> B N (H K)")), weights };
  });
}

/** keep bool [B,M], true = attend, as a bias on the scores: 0 or -1e9 [B,1,1,M]. */
export function keepBias(keep: Tensor): Tensor {
  const { B, M } = dims([keep, "B M"]);
  return keep.where(0, -1e9).cast("f32").reshape([B, 1, 1, M]);
}

/** bool[T,T]: each place attends to itself and to those before it. */
export function causal(length: number): Tensor {
  const upTo = Uint8Array.from({ length: length ** 2 }, (_, i) =>
    i % length <= Math.floor(i / length) ? 1 : 0,
  );
  return constant("bool", [length, length], upTo);
}
