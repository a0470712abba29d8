import { dims } from "../../graph/rearrange.ts";
import { concat, full, type Tensor } from "../../graph/tensor.ts";
import { keepBias } from "../../nn/attention.ts";
import { type BlockOutput, runBlocks } from "../../nn/block.ts";
import type { FusedState, ImageState, TextState } from "../contracts.ts";
import { selfFlow } from "./attention-flow.ts";

/** Tokens that stand in front of the first block, f32[C,T,D] and f32[C,P,D]. */
export interface Embedded {
  readonly words: Tensor;
  readonly keepWords: Tensor;
  readonly patches: Tensor;
  readonly keepPatches?: Tensor | undefined;
}

/**
 * One transformer for words, for patches, and for both in one sequence, words first. What it makes of one modality
 * alone has that modality's first token as its summary.
 */
export function singleStream(
  blocks: readonly ((x: Tensor, bias?: Tensor) => BlockOutput)[],
  norm: (x: Tensor) => Tensor,
) {
  const run = (x: Tensor, keep?: Tensor) => {
    const { layers, attention } = runBlocks(blocks, x, keep && keepBias(keep));
    return { tokens: norm(layers.at(-1)!), layers, attention };
  };

  return {
    readWords: (x: Tensor, keep: Tensor): TextState => {
      const { tokens: words, layers, attention } = run(x, keep);
      return { words, pooled: words.at(1, 0), keep, layers, attention };
    },
    readPatches: (x: Tensor, keep?: Tensor): ImageState => {
      const { tokens: patches, layers, attention } = run(x, keep);
      return { patches, pooled: patches.at(1, 0), keep, layers, attention };
    },
    readBoth: ({ words, keepWords, patches, keepPatches }: Embedded): Omit<FusedState, "pooled"> => {
      const { C, T, P } = dims([words, "C T D"], [patches, "C P D"], [keepWords, "C T"]);
      const keep = concat([keepWords, keepPatches ?? full(1, "bool", [C, P])], 1); // [C, N]
      const { tokens, attention } = run(concat([words, patches], 1), keep); // [C, N, D]
      return {
        words: tokens.slice(1, 0, T),
        patches: tokens.slice(1, T, T + P),
        attention: attention
          .at(-1)!
          .slice(2, 0, T)
          .slice(3, T, T + P), // [C, H, T, P]
        flow: attention.map(selfFlow),
      };
    },
  };
}
