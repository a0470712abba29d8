/**
 * LXMERT's cross-modality layers: one set of cross-attention weights serves both directions, then each stream attends
 * to itself and goes through its own feed-forward layer. Tan & Bansal 2019, arXiv:1908.07490, section 2.2; the fusion of
 * Renaissance's two-tower models (Fields & Kennington 2024, arXiv:2411.06657).
 * C pairs, T words, P patches, D width.
 *
 * Differs: LXMERT has post-norm layers only; with norm "pre" each stream is normed before the other reads it.
 */
import type { Tensor } from "../../graph/tensor.ts";
import { attention, keepBias } from "../../nn/attention.ts";
import { encoderBlock, finalNorm, residual } from "../../nn/block.ts";
import { repeat, type Scope } from "../../nn/scope.ts";
import { crossFlow, pairFlow, selfFlow } from "./attention-flow.ts";
import { type Streams, streamNorms } from "./co-attention.ts";
import type { FusedTower, Fusion, FusionConfig } from "./contract.ts";
import { streamPoolers } from "./stream-poolers.ts";

/** The summary f32[C,2D] is that of `streamPoolers`. */
export function lxmertCross(at: Scope, c: FusionConfig, tower: FusedTower): Fusion {
  const layers = repeat(c.depth, (i) => crossLayer(at.in(`layers.${i}`), c));
  const norm = streamNorms(at, c);
  const pool = streamPoolers(at, c.width, tower);

  return {
    pooledWidth: 2 * c.width,
    fuse: at.layer((image, text) => {
      const bias = { words: keepBias(text.keep), patches: image.keep && keepBias(image.keep) };
      let streams: Streams = { words: text.words, patches: image.patches };
      let attention = text.words;
      const flow: Tensor[] = [];
      for (const layer of layers) {
        const next = layer(streams, bias);
        streams = next.streams;
        attention = next.attention; // [C, H, T, P]
        flow.push(...next.flow);
      }
      const { words, patches } = norm(streams);
      return { words, patches, pooled: pool(words, patches, image.keep), attention, flow };
    }),
  };
}

/** Both streams read each other's state before the layer. */
function crossLayer(at: Scope, c: FusionConfig) {
  const attend = attention(at.in("cross"), c);
  const branch = residual(at, "cross", c);
  const otherNorm = finalNorm(at.in("otherNorm"), c);
  const wordBlock = encoderBlock(at.in("words"), c);
  const patchBlock = encoderBlock(at.in("patches"), c);
  const cross = (x: Tensor, other: Tensor, bias: Tensor | undefined) => {
    let weights = x;
    const read = branch(x, (normed) => {
      const mixed = attend(normed, otherNorm(other), bias);
      weights = mixed.weights;
      return mixed.output;
    });
    return { read, weights };
  };
  return at.layer(({ words, patches }: Streams, bias: Streams<Tensor | undefined>) => {
    const [word, patch] = [cross(words, patches, bias.patches), cross(patches, words, bias.words)];
    const [nextWord, nextPatch] = [wordBlock(word.read, bias.words), patchBlock(patch.read, bias.patches)];
    return {
      streams: { words: nextWord.x, patches: nextPatch.x },
      attention: word.weights,
      flow: [
        crossFlow(word.weights, patch.weights),
        pairFlow(selfFlow(nextWord.weights), selfFlow(nextPatch.weights)),
      ],
    };
  });
}
