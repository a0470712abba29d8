import { concat, type Tensor } from "../../graph/tensor.ts";
import { pooler } from "../../nn/heads.ts";
import type { Scope } from "../../nn/scope.ts";
import type { FusedTower } from "./contract.ts";

/**
 * The summary of two streams f32[C,2D], words before patches, each through its own pooler: that of the first word and
 * that of the class token, or of the mean of the patches where a tower has no class token (METER with Swin).
 */
export function streamPoolers(at: Scope, width: number, { specials }: FusedTower) {
  const poolWords = pooler(at.in("wordPooler"), width);
  const poolPatches = pooler(at.in("patchPooler"), width);
  return at.layer((words: Tensor, patches: Tensor, keep?: Tensor): Tensor => {
    const picture = specials > 0 ? patches.at(1, 0) : meanOf(patches, keep);
    return concat([poolWords(words.at(1, 0)), poolPatches(picture)], 1);
  });
}

/** Mean of the tokens [C,P,D] that are kept, [C,D]. */
function meanOf(patches: Tensor, keep: Tensor | undefined): Tensor {
  if (keep === undefined) return patches.mean(1);
  const weights = keep.cast("f32").unsqueeze(2);
  return patches.mul(weights).sum(1).div(weights.sum(1));
}
