/**
 * CLIP's text tower: words attend to what stands before them, and the end token is the summary. Radford et al. 2021,
 * arXiv:2103.00020, section 2.4. SigLIP's (Zhai et al. 2023, arXiv:2303.15343) attends to both sides and reads the last
 * token, which may be padding.
 * C texts, T words, W width.
 */
import { dims } from "../../graph/rearrange.ts";
import { iota, type Tensor } from "../../graph/tensor.ts";
import type { Activation } from "../../nn/activation.ts";
import { causal, keepBias } from "../../nn/attention.ts";
import { encoderBlock, runBlocks } from "../../nn/block.ts";
import { layerNorm } from "../../nn/norm.ts";
import { repeat, type Scope } from "../../nn/scope.ts";
import { textTables } from "../../nn/text-embedding.ts";
import type { TextInput } from "../contracts.ts";
import type { WordTower } from "./bert.ts";

/** `width` is a multiple of `heads`. */
export interface ClipTextConfig {
  readonly vocab: number;
  readonly textLength: number;
  readonly width: number;
  readonly depth: number;
  readonly heads: number;
  readonly hidden: number;
  readonly activation: Activation;
  readonly dropout: number;
  readonly epsilon: number;
  /** A word attends to itself and to words before it alone. */
  readonly causal: boolean;
  /**
   * The token that is the text's summary: the first of the given id, the first of the highest id, as in CLIP's first
   * vocabulary, or the last place of the row.
   */
  readonly endToken: number | "highest" | "last";
}

/** Projections to the common space with pictures are left to those who compare. */
export function clipText(at: Scope, c: ClipTextConfig): WordTower {
  const { embed, table } = textTables(at.in("embedding"), { ...c, positionOffset: 0, segments: 0 });
  const blocks = repeat(c.depth, (i) => encoderBlock(at.in(`blocks.${i}`), { ...c, norm: "pre" }));
  const norm = layerNorm(at.in("norm"), c.width, c.epsilon);

  return {
    width: c.width,
    table,
    norm,
    encode: at.layer(({ ids, keep }: TextInput) => {
      dims([ids, "C T"], [keep, "C T"]);
      const bias = c.causal ? causalBias(keep) : keepBias(keep);
      const { layers, attention } = runBlocks(blocks, embed(ids), bias);
      const words = norm(layers.at(-1)!);
      return { words, pooled: summary(words, ids, c.endToken), keep, layers, attention };
    }),
  };
}

/** keep bool[C,T] and the places up to a word's own, as a bias on the scores [C,1,T,T]. */
function causalBias(keep: Tensor): Tensor {
  const { C, T } = dims([keep, "C T"]);
  return keep.reshape([C!, 1, 1, T!]).and(causal(T!)).where(0, -1e9);
}

/** words f32[C,T,W] at the token that ends the text, f32[C,W]. */
function summary(words: Tensor, ids: Tensor, endToken: ClipTextConfig["endToken"]): Tensor {
  const { C, T, W } = dims([words, "C T W"]);
  if (endToken === "last") return words.at(1, T! - 1);
  const place = (endToken === "highest" ? ids : ids.equal(endToken)).cast("f32").argmax(); // [C]
  const chosen = place.unsqueeze(1).equal(iota(T!)).cast("f32"); // [C, T]
  return chosen.unsqueeze(1).matmul(words).reshape([C!, W!]);
}
