/**
 * METER: a vision transformer, a text transformer, and a fusion of the two trained end to end.
 * Dou et al. 2022, arXiv:2111.02387, section 3.
 * B pictures, C texts, P patches, T words, F fusion width.
 *
 * Differs: where the original truncates CLIP's tower by a block, `image.depth` says so; dropout is off in both towers
 * of the original and a choice here.
 */
import type { Tensor } from "../graph/tensor.ts";
import { normal } from "../nn/init.ts";
import { linear } from "../nn/linear.ts";
import type { Scope } from "../nn/scope.ts";
import type { FusedState, FusionModel, ImageState, TextState } from "./contracts.ts";
import { type ImageTowerConfig, imageTower, type TextTowerConfig, textTower } from "./encoders/index.ts";
import { coAttention } from "./fusions/co-attention.ts";
import type { FusionConfig } from "./fusions/contract.ts";
import { lxmertCross } from "./fusions/lxmert-cross.ts";
import { mergedAttention } from "./fusions/merged-attention.ts";

/** The three widths are free: a linear layer brings each tower to the fusion's. */
export interface MeterConfig {
  readonly image: ImageTowerConfig;
  readonly text: TextTowerConfig;
  readonly fusion: FusionConfig & { readonly kind: keyof typeof fusions };
  /** Pictures that a text can be read with, one at a time: 1 when absent, 2 where statements compare two (NLVR2). */
  readonly pictures?: number | undefined;
}

/** Told which of a text's pictures it sees, from 0. */
export interface Meter extends FusionModel {
  fuse(image: ImageState, text: TextState, picture?: number): FusedState;
}

/** Ways to fuse two streams of tokens. */
export const fusions = {
  "co-attention": coAttention,
  "lxmert-cross": lxmertCross,
  "merged-attention": mergedAttention,
};

/**
 * Paths below `at`: image, text, projectPatches, projectWords, kinds, fusion; freezing and learning-rate factors
 * select by them.
 */
export function meter(at: Scope, c: MeterConfig): Meter {
  const image = imageTower(at.in("image"), c.image);
  const text = textTower(at.in("text"), c.text);
  const { width } = c.fusion;
  const projectPatches = linear(at.in("projectPatches"), { from: image.width, to: width });
  const projectWords = linear(at.in("projectWords"), { from: text.width, to: width });
  const kinds = at.param("kinds", [1 + (c.pictures ?? 1), width], normal(at.std), { of: "kinds" }); // row 0 marks words, 1 + i picture i
  const fusion = fusions[c.fusion.kind](at.in("fusion"), c.fusion, image);
  const mark = (tokens: Tensor, kind: number) => tokens.add(kinds.slice(0, kind, kind + 1));

  return {
    widths: { image: image.width, text: text.width },
    colours: c.image.colours,
    specials: image.specials,
    fusedWidths: { words: width, pooled: fusion.pooledWidth },
    encodeImage: image.encode,
    encodeText: text.encode,
    fuse: at.layer(({ patches, keep: keepPatches }, { words, keep }, picture = 0) =>
      fusion.fuse(
        { patches: mark(projectPatches(patches), 1 + picture), keep: keepPatches },
        { words: mark(projectWords(words), 0), keep },
      ),
    ),
  };
}
