/**
 * Visual Parsing: a Swin Transformer sees the picture, and one BERT reads words and visual tokens together.
 * Xue et al. 2021, arXiv:2106.13488, section 3.1; there is no public code.
 * B pictures, C texts, T words, P patches (visual tokens), I the vision tower's width, D BERT's.
 *
 * What the paper leaves open is chosen here: visual tokens have no position or segment of their own, since Swin knows
 * their places and the norm's bias marks them; the summary is BERT's, of the first word.
 */

import { encoderBlock, finalNorm } from "../nn/block.ts";
import { pooler } from "../nn/heads.ts";
import { linear } from "../nn/linear.ts";
import { layerNorm } from "../nn/norm.ts";
import { repeat, type Scope } from "../nn/scope.ts";
import { textEmbedding } from "../nn/text-embedding.ts";
import type { FusedState, FusionModel, ImageState, TextState } from "./contracts.ts";
import type { BertConfig } from "./encoders/bert.ts";
import { type ImageTowerConfig, imageTower } from "./encoders/index.ts";
import { singleStream } from "./fusions/single-stream.ts";

/** `text` is the multi-modal transformer: a BERT by name and shape, so that a published one fills it. */
export interface VisualParsingConfig {
  readonly image: ImageTowerConfig;
  readonly text: { readonly kind: "bert" } & Omit<BertConfig, "embeddingWidth"> & {
      readonly tokenizer?: string | undefined;
      readonly from?: string | undefined;
    };
}

/** A fusion model that says how its attention came about. */
export interface VisualParsing extends FusionModel {
  fuse(image: ImageState, text: TextState): FusedState;
}

/** Paths below `at`: image, projectPatches, patchNorm, text, pooler. */
export function visualParsing(at: Scope, c: VisualParsingConfig): VisualParsing {
  const image = imageTower(at.in("image"), c.image);
  const projectPatches = linear(at.in("projectPatches"), { from: image.width, to: c.text.width });
  const patchNorm = layerNorm(at.in("patchNorm"), c.text.width, c.text.epsilon);
  const text = at.in("text");
  const { embed } = textEmbedding(text.in("embedding"), c.text);
  const blocks = repeat(c.text.depth, (i) => encoderBlock(text.in(`blocks.${i}`), c.text));
  const { readWords, readBoth } = singleStream(blocks, finalNorm(text.in("norm"), c.text));
  const pool = pooler(at.in("pooler"), c.text.width);

  return {
    widths: { image: image.width, text: c.text.width },
    colours: c.image.colours,
    specials: image.specials,
    fusedWidths: { words: c.text.width, pooled: c.text.width },
    encodeImage: image.encode,
    encodeText: at.layer(({ ids, segments, keep }) => readWords(embed(ids, segments), keep)),
    fuse: at.layer(({ patches, keep }, text) => {
      const tokens = patchNorm(projectPatches(patches)); // [C, P, D]
      const fused = readBoth({
        words: text.layers[0]!,
        keepWords: text.keep,
        patches: tokens,
        keepPatches: keep,
      });
      return { ...fused, pooled: pool(fused.words.at(1, 0)) };
    }),
  };
}
