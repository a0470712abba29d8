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
import type { FusionModel } from "./contracts.ts";
import { type BertConfig, bert } from "./encoders/bert.ts";
import { type VitConfig, vit } from "./encoders/vit.ts";
import { coAttention } from "./fusions/co-attention.ts";
import type { FusionConfig } from "./fusions/contract.ts";
import { mergedAttention } from "./fusions/merged-attention.ts";

/** The three widths are free: a linear layer brings each tower to the fusion's. */
export interface MeterConfig {
  readonly image: VitConfig;
  readonly text: BertConfig;
  readonly fusion: FusionConfig & { readonly kind: keyof typeof fusions };
}

/** Ways to fuse two streams of tokens. */
export const fusions = { "co-attention": coAttention, "merged-attention": mergedAttention };

/**
 * Paths below `at`: image, text, projectPatches, projectWords, kinds, fusion; freezing and learning-rate factors
 * select by them.
 */
export function meter(at: Scope, c: MeterConfig): FusionModel {
  const image = vit(at.in("image"), c.image);
  const text = bert(at.in("text"), c.text);
  const { width } = c.fusion;
  const projectPatches = linear(at.in("projectPatches"), { from: image.width, to: width });
  const projectWords = linear(at.in("projectWords"), { from: text.width, to: width });
  const kinds = at.param("kinds", [2, width], normal(at.std)); // row 0 marks words, row 1 patches
  const fusion = fusions[c.fusion.kind](at.in("fusion"), c.fusion);
  const mark = (tokens: Tensor, kind: number) => tokens.add(kinds.slice(0, kind, kind + 1));

  return {
    widths: { image: image.width, text: text.width },
    fusedWidths: { words: width, pooled: fusion.pooledWidth },
    encodeImage: image.encode,
    encodeText: text.encode,
    fuse: at.layer(({ patches }, { words, keep }) =>
      fusion.fuse(
        { patches: mark(projectPatches(patches), 1) },
        { words: mark(projectWords(words), 0), keep },
      ),
    ),
  };
}
