/**
 * Co-attention: two streams, each layer attends to itself, then to the other stream's state before the layer.
 * Dou et al. 2022 (METER), arXiv:2111.02387, section 3.1.3; layers as in BERT, norm behind each branch.
 * C pairs, T words, P patches, D width.
 */
import type { Tensor } from "../../graph/tensor.ts";
import { keepBias } from "../../nn/attention.ts";
import { type CrossBlockOutput, crossBlock, finalNorm } from "../../nn/block.ts";
import { repeat, type Scope } from "../../nn/scope.ts";
import { crossFlow, selfFlow } from "./attention-flow.ts";
import type { FusedTower, Fusion, FusionConfig } from "./contract.ts";
import { streamPoolers } from "./stream-poolers.ts";

/** Words f32[C,T,D] and patches f32[C,P,D]. */
export interface Streams<T = Tensor> {
  readonly words: T;
  readonly patches: T;
}

/** The layers one by one, for those who change the streams in between: biases as in `attention`, absent for no padding. */
export function coLayers(at: Scope, c: FusionConfig) {
  const wordBlocks = repeat(c.depth, (i) => crossBlock(at.in(`words.${i}`), c));
  const patchBlocks = repeat(c.depth, (i) => crossBlock(at.in(`patches.${i}`), c));
  return wordBlocks.map(
    (wordBlock, i) =>
      ({ words, patches }: Streams, bias: Streams<Tensor | undefined>): Streams<CrossBlockOutput> => ({
        words: wordBlock(words, patches, bias.words, bias.patches),
        patches: patchBlocks[i]!(patches, words, bias.patches, bias.words),
      }),
  );
}

/** A layer's step of flow, f32[C,N,N]. */
export function coFlow({ words, patches }: Streams<CrossBlockOutput>): Tensor {
  const own = { words: selfFlow(words.own), patches: selfFlow(patches.own) };
  return crossFlow(words.weights, patches.weights, own);
}

/** The norms of both streams where blocks leave them without one. */
export function streamNorms(at: Scope, c: FusionConfig): (streams: Streams) => Streams {
  const wordNorm = finalNorm(at.in("wordNorm"), c);
  const patchNorm = finalNorm(at.in("patchNorm"), c);
  return ({ words, patches }) => ({ words: wordNorm(words), patches: patchNorm(patches) });
}

/** The summary f32[C,2D] is that of `streamPoolers`. */
export function coAttention(at: Scope, c: FusionConfig, tower: FusedTower): Fusion {
  const layers = coLayers(at, c);
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
        streams = { words: next.words.x, patches: next.patches.x };
        attention = next.words.weights; // [C, H, T, P]
        flow.push(coFlow(next));
      }
      const { words, patches } = norm(streams);
      return { words, patches, pooled: pool(words, patches, image.keep), attention, flow };
    }),
  };
}
