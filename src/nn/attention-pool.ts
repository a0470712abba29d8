import type { Tensor } from "../graph/tensor.ts";
import { attention } from "./attention.ts";
import { type BlockConfig, feedForward } from "./block.ts";
import { normal } from "./init.ts";
import { layerNorm } from "./norm.ts";
import type { Scope } from "./scope.ts";

/**
 * One learned query attends to all tokens, and a feed-forward layer follows (Zhai et al. 2022, Scaling Vision
 * Transformers, arXiv:2106.04560, section 3.2): x [B,N,D], bias as in `attention`, to [B,D].
 */
export function attentionPool(at: Scope, c: BlockConfig) {
  const query = at.param("query", [1, 1, c.width], normal(at.std));
  const attend = attention(at.in("attention"), { width: c.width, heads: c.heads, dropout: c.dropout });
  const norm = layerNorm(at.in("norm"), c.width, c.epsilon);
  const feed = feedForward(at.in("feed"), c);
  return at.layer((x: Tensor, bias?: Tensor): Tensor => {
    const pooled = attend(query.expand([x.shape[0]!, 1, c.width]), x, bias).output;
    return pooled.add(feed(norm(pooled))).at(1, 0);
  });
}
