/**
 * Co-attention: two streams, each layer attends to itself, then to the other stream's state before the layer.
 * Dou et al. 2022 (METER), arXiv:2111.02387, section 3.1.3; layers as in BERT, norm behind each branch.
 * C pairs, T words, P patches, D width.
 */
import { concat } from "../../graph/tensor.ts";
import { keepBias } from "../../nn/attention.ts";
import { crossBlock, finalNorm } from "../../nn/block.ts";
import { pooler } from "../../nn/heads.ts";
import { repeat, type Scope } from "../../nn/scope.ts";
import type { Fusion, FusionConfig } from "./contract.ts";

/** The summary f32[C,2D] is the first token of each stream, words before patches, each through its own pooler. */
export function coAttention(at: Scope, c: FusionConfig): Fusion {
  const wordBlocks = repeat(c.depth, (i) => crossBlock(at.in(`words.${i}`), c));
  const patchBlocks = repeat(c.depth, (i) => crossBlock(at.in(`patches.${i}`), c));
  const wordNorm = finalNorm(at.in("wordNorm"), c);
  const patchNorm = finalNorm(at.in("patchNorm"), c);
  const poolWords = pooler(at.in("wordPooler"), c.width);
  const poolPatches = pooler(at.in("patchPooler"), c.width);

  return {
    pooledWidth: 2 * c.width,
    fuse: at.layer((image, text) => {
      const bias = keepBias(text.keep);
      let words = text.words; // [C, T, D]
      let patches = image.patches; // [C, P, D]
      let attention = words;
      for (const [i, wordBlock] of wordBlocks.entries()) {
        const nextWords = wordBlock(words, patches, bias);
        const nextPatches = patchBlocks[i]!(patches, words, undefined, bias);
        words = nextWords.x;
        patches = nextPatches.x;
        attention = nextWords.weights; // [C, H, T, P]
      }
      words = wordNorm(words);
      patches = patchNorm(patches);
      const pooled = concat([poolWords(words.at(1, 0)), poolPatches(patches.at(1, 0))], 1);
      return { words, patches, pooled, attention };
    }),
  };
}
