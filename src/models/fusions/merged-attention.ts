/**
 * Merged attention: words and patches in one sequence through one transformer.
 * Dou et al. 2022 (METER), arXiv:2111.02387, section 3.1.3.
 * C pairs, T words, P patches, N = T + P, D width.
 */
import { dims } from "../../graph/rearrange.ts";
import { concat, full } from "../../graph/tensor.ts";
import { keepBias } from "../../nn/attention.ts";
import { encoderBlock, finalNorm } from "../../nn/block.ts";
import { pooler } from "../../nn/heads.ts";
import { repeat, type Scope } from "../../nn/scope.ts";
import type { Fusion, FusionConfig } from "./contract.ts";

/**
 * The summary f32[C,2D] is the first word and the first patch, each through its own pooler; words share their
 * attention with words, so its rows sum to less than 1.
 */
export function mergedAttention(at: Scope, c: FusionConfig): Fusion {
  const blocks = repeat(c.depth, (i) => encoderBlock(at.in(`blocks.${i}`), c));
  const norm = finalNorm(at.in("norm"), c);
  const poolWords = pooler(at.in("wordPooler"), c.width);
  const poolPatches = pooler(at.in("patchPooler"), c.width);

  return {
    pooledWidth: 2 * c.width,
    fuse: at.layer((image, text) => {
      const { C, T, P } = dims([text.words, "C T D"], [image.patches, "C P D"], [text.keep, "C T"]);
      const keep = concat([text.keep, full(1, "bool", [C, P])], 1); // [C, N]
      const bias = keepBias(keep);
      let x = concat([text.words, image.patches], 1); // [C, N, D]
      let attention = x;
      for (const block of blocks) {
        const next = block(x, bias);
        x = next.x;
        attention = next.weights.slice(2, 0, T).slice(3, T, T + P); // [C, H, T, P]
      }
      x = norm(x);
      const words = x.slice(1, 0, T);
      const patches = x.slice(1, T, T + P);
      const pooled = concat([poolWords(words.at(1, 0)), poolPatches(patches.at(1, 0))], 1);
      return { words, patches, pooled, attention };
    }),
  };
}
