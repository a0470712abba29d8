/**
 * BERT: words attend to words on both sides. Devlin et al. 2019, arXiv:1810.04805, section 3; RoBERTa (Liu et al. 2019,
 * arXiv:1907.11692) is the same with positions that start at 2 and one segment.
 * C texts, T words, W width.
 */
import type { GeluKind } from "../../graph/ops/elementwise.ts";
import { dims } from "../../graph/rearrange.ts";
import { keepBias } from "../../nn/attention.ts";
import { encoderBlock, finalNorm } from "../../nn/block.ts";
import { textEmbedding } from "../../nn/embedding.ts";
import { repeat, type Scope } from "../../nn/scope.ts";
import type { TextInput, TextTower } from "../contracts.ts";

/** `width` is a multiple of `heads`; BERT's epsilon is 1e-12, RoBERTa's 1e-5. */
export interface BertConfig {
  readonly vocab: number;
  /** Longest text in tokens, specials included. */
  readonly textLength: number;
  readonly positionOffset: number;
  readonly segments: number;
  readonly width: number;
  readonly depth: number;
  readonly heads: number;
  readonly hidden: number;
  readonly activation: GeluKind;
  /** "post" in BERT; "pre" as in GPT-2 and CLIP. */
  readonly norm: "pre" | "post";
  readonly dropout: number;
  readonly epsilon: number;
}

/** The text's summary is the state of its first token, not yet through BERT's pooler: a fusion has its own. */
export function bert(at: Scope, c: BertConfig): TextTower {
  const embed = textEmbedding(at.in("embedding"), c);
  const blocks = repeat(c.depth, (i) => encoderBlock(at.in(`blocks.${i}`), c));
  const norm = finalNorm(at.in("norm"), c);

  return {
    width: c.width,
    encode: at.layer(({ ids, keep }: TextInput) => {
      dims([ids, "C T"], [keep, "C T"]);
      const bias = keepBias(keep);
      let x = embed(ids); // [C, T, W]
      for (const block of blocks) x = block(x, bias).x;
      const words = norm(x);
      return { words, pooled: words.at(1, 0), keep };
    }),
  };
}
