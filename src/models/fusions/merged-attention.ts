/**
 * Merged attention: words and patches in one sequence through one transformer.
 * Dou et al. 2022 (METER), arXiv:2111.02387, section 3.1.3.
 * C pairs, T words, P patches, N = T + P, D width.
 */
import { dims } from "../../graph/rearrange.ts";
import { concat, full, type Tensor } from "../../graph/tensor.ts";
import { keepBias } from "../../nn/attention.ts";
import { encoderBlock, finalNorm } from "../../nn/block.ts";
import { repeat, type Scope } from "../../nn/scope.ts";
import { selfFlow } from "./attention-flow.ts";
import type { FusedTower, Fusion, FusionConfig } from "./contract.ts";
import { streamPoolers } from "./stream-poolers.ts";

/** The summary is that of `streamPoolers`; words share their attention with words, so its rows sum to less than 1. */
export function mergedAttention(at: Scope, c: FusionConfig, tower: FusedTower): Fusion {
  const blocks = repeat(c.depth, (i) => encoderBlock(at.in(`blocks.${i}`), c));
  const norm = finalNorm(at.in("norm"), c);
  const pool = streamPoolers(at, c.width, tower);

  return {
    pooledWidth: 2 * c.width,
    fuse: at.layer((image, text) => {
      const { C, T, P } = dims([text.words, "C T D"], [image.patches, "C P D"], [text.keep, "C T"]);
      const keep = concat([text.keep, image.keep ?? full(1, "bool", [C, P])], 1); // [C, N]
      const bias = keepBias(keep);
      let x = concat([text.words, image.patches], 1); // [C, N, D]
      let attention = x;
      const flow: Tensor[] = [];
      for (const block of blocks) {
        const next = block(x, bias);
        x = next.x;
        attention = next.weights.slice(2, 0, T).slice(3, T, T + P); // [C, H, T, P]
        flow.push(selfFlow(next.weights));
      }
      x = norm(x);
      const words = x.slice(1, 0, T);
      const patches = x.slice(1, T, T + P);
      return { words, patches, pooled: pool(words, patches, image.keep), attention, flow };
    }),
  };
}
