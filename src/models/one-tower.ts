/**
 * One-tower Renaissance: words and patches share the blocks of a vision model or of a text model.
 * Fields & Kennington 2024, arXiv:2411.06657; docs/renaissance.md has what the original does otherwise.
 * B pictures, C texts, T words, P patches (special tokens included), E width of the embeddings, D of the blocks.
 */
import { fail } from "../core/errors.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type BlockConfig, encoderBlock } from "../nn/block.ts";
import { pooler } from "../nn/heads.ts";
import { normal } from "../nn/init.ts";
import { linear } from "../nn/linear.ts";
import { layerNorm } from "../nn/norm.ts";
import { repeat, type Scope } from "../nn/scope.ts";
import type { Colours, FusedState, FusionModel, ImageState, TextState } from "./contracts.ts";
import { type BarePatchesConfig, barePatches } from "./encoders/bare-patches.ts";
import { type BareWordsConfig, bareWords } from "./encoders/bare-words.ts";
import { singleStream } from "./fusions/single-stream.ts";
import { streamPoolers } from "./fusions/stream-poolers.ts";

/** The blocks that both modalities run through. */
export interface TowerBlocksConfig extends BlockConfig {
  readonly depth: number;
  /** "none" when absent. With "tokens" pre-norm blocks end with the norm they were trained with. */
  readonly finalNorm?: "tokens" | "none" | undefined;
  /** Published vision or text model whose blocks, and last norm where there is one, are taken; absent: random ones. */
  readonly from?: string | undefined;
}

/** In `image` and `text`, `from` takes a published model's embeddings as well. Both are equally wide, E. */
export interface OneTowerConfig {
  readonly image: { readonly kind: "patches" } & BarePatchesConfig & {
      readonly colours: Colours;
      readonly from?: string | undefined;
    };
  readonly text: { readonly kind: "words" } & BareWordsConfig & {
      readonly tokenizer?: string | undefined;
      readonly from?: string | undefined;
    };
  readonly tower: TowerBlocksConfig;
  /** What the summary is made of: the first word, or the first word and the class token, each through its own pooler. */
  readonly pooler: "single" | "double";
  /** Pictures that a text can be read with, one at a time: 1 when absent, 2 where statements compare two (NLVR2). */
  readonly pictures?: number | undefined;
}

/** Told which of a text's pictures it sees, from 0. */
export interface OneTower extends FusionModel {
  fuse(image: ImageState, text: TextState, picture?: number): FusedState;
}

/**
 * Paths below `at`: image, text, projectPatches and projectWords where the embeddings have their own width, kinds,
 * tower, and pooler or wordPooler and patchPooler.
 */
export function oneTower(at: Scope, c: OneTowerConfig): OneTower {
  const { width } = c.tower;
  const from = c.text.width;
  if (c.image.width !== from) {
    fail("config", `${at.path}, image.width`, {
      expected: `${from}, the width of text`,
      got: `${c.image.width}`,
    });
  }
  if (c.tower.finalNorm === "tokens" && c.tower.norm === "post") {
    fail("config", `${at.path}, tower.finalNorm`, {
      expected: "none: post-norm blocks end with a norm of their own",
      got: "tokens",
    });
  }
  const project = (name: string) =>
    from === width ? (x: Tensor) => x : linear(at.in(name), { from, to: width });
  const image = barePatches(at.in("image"), c.image);
  const projectPatches = project("projectPatches");
  const text = bareWords(at.in("text"), c.text);
  const projectWords = project("projectWords");
  const kinds = at.param("kinds", [1 + (c.pictures ?? 1), from], normal(at.std), { of: "kinds" }); // row 0 marks words, row 1 + i picture i
  const kind = (row: number) => kinds.slice(0, row, row + 1);
  const blocks = repeat(c.tower.depth, (i) => encoderBlock(at.in(`tower.blocks.${i}`), c.tower));
  const norm =
    c.tower.finalNorm === "tokens"
      ? layerNorm(at.in("tower.norm"), width, c.tower.epsilon)
      : (x: Tensor) => x;
  const { readWords, readPatches, readBoth } = singleStream(blocks, norm);
  const poolBoth = c.pooler === "double" ? streamPoolers(at, width, image) : undefined;
  const poolFirst = c.pooler === "single" ? pooler(at.in("pooler"), width) : undefined;

  return {
    widths: { image: width, text: width },
    colours: c.image.colours,
    specials: image.specials,
    fusedWidths: { words: width, pooled: c.pooler === "double" ? 2 * width : width },
    encodeImage: at.layer((input) => {
      const { patches, keep } = image.encode(input); // [B, P, E]
      return readPatches(projectPatches(patches.add(kind(1))), keep);
    }),
    encodeText: at.layer((input) => {
      const { words, keep } = text.encode(input); // [C, T, E]
      return readWords(projectWords(words.add(kind(0))), keep);
    }),
    fuse: at.layer((image, text, picture = 0) => {
      const marked = image.layers[0]!; // [C, P, D], as picture 0
      const patches =
        picture === 0 ? marked : marked.add(projectPatches(kind(1 + picture)).sub(projectPatches(kind(1))));
      const fused = readBoth({
        words: text.layers[0]!,
        keepWords: text.keep,
        patches,
        keepPatches: image.keep,
      });
      const pooled = poolBoth?.(fused.words, fused.patches, image.keep) ?? poolFirst!(fused.words.at(1, 0));
      return { ...fused, pooled };
    }),
  };
}
