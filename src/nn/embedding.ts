import { dropout } from "../graph/functions.ts";
import { dims, rearrange } from "../graph/rearrange.ts";
import type { Tensor } from "../graph/tensor.ts";
import { normal } from "./init.ts";
import { linear } from "./linear.ts";
import { layerNorm } from "./norm.ts";
import type { Scope } from "./scope.ts";

/** Sizes of the three tables that are added up; `dropout` acts on the normalised sum. */
export interface TextEmbeddingConfig {
  readonly vocab: number;
  readonly width: number;
  /** Longest text in tokens. */
  readonly textLength: number;
  /** Rows of the position table in front of the first token's: 2 in RoBERTa, 0 in BERT. */
  readonly positionOffset: number;
  /** Rows of the segment table; all our texts are segment 0. */
  readonly segments: number;
  readonly dropout: number;
  readonly epsilon: number;
}

/**
 * Word + position + segment, normalised (Devlin et al. 2019, arXiv:1810.04805, section 3). ids i32 [B,T] to [B,T,D].
 *
 * Differs: RoBERTa numbers only the tokens that are not padding; with padding on the right both give kept tokens the same position.
 */
export function textEmbedding(at: Scope, c: TextEmbeddingConfig) {
  const words = at.param("words", [c.vocab, c.width], normal(at.std));
  const positions = at.param("positions", [c.positionOffset + c.textLength, c.width], normal(at.std));
  const segments = at.param("segments", [c.segments, c.width], normal(at.std));
  const norm = layerNorm(at.in("norm"), c.width, c.epsilon);
  return at.layer((ids: Tensor): Tensor => {
    const { T } = dims([ids, "B T"]);
    const places = positions.slice(0, c.positionOffset, c.positionOffset + T); // [T, D]
    return dropout(norm(words.gather(ids).add(places.add(segments.slice(0, 0, 1)))), c.dropout);
  });
}

/** `patch` in pixels; a patch is read channel by channel, then row by row, as convolution weights lie. */
export interface PatchEmbeddingConfig {
  readonly patch: number;
  readonly width: number;
  /** CLIP has none. */
  readonly bias: boolean;
}

/** A convolution whose stride is its kernel, as one product (Dosovitskiy et al. 2021, arXiv:2010.11929, eq. 1): f32 [B,3,H,W] to [B,P,D]. */
export function patchEmbedding(at: Scope, { patch, width, bias }: PatchEmbeddingConfig) {
  const project = linear(at, { from: 3 * patch * patch, to: width, bias });
  return at.layer((image: Tensor): Tensor => {
    dims([image, "B 3 H W"]);
    return project(rearrange(image, "B C (h p) (w q) -> B (h w) (C p q)", { p: patch, q: patch }));
  });
}
