/**
 * BERT: words attend to words on both sides. Devlin et al. 2019, arXiv:1810.04805, section 3. The same with other sizes
 * are RoBERTa (Liu et al. 2019, arXiv:1907.11692: positions count from 2, one segment), ELECTRA (Clark et al. 2020,
 * arXiv:2003.10555: narrower tables) and DistilBERT (Sanh et al. 2019, arXiv:1910.01108: no segments).
 * C texts, T words, W width.
 */
import { dims } from "../../graph/rearrange.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { Activation } from "../../nn/activation.ts";
import { type AttentionConfig, keepBias } from "../../nn/attention.ts";
import { encoderBlock, finalNorm, runBlocks } from "../../nn/block.ts";
import { linear } from "../../nn/linear.ts";
import { repeat, type Scope } from "../../nn/scope.ts";
import { textEmbedding } from "../../nn/text-embedding.ts";
import type { TextInput, TextTower } from "../contracts.ts";

/** `width` is a multiple of `heads`; BERT's epsilon is 1e-12, RoBERTa's 1e-5. */
export interface BertConfig {
  readonly vocab: number;
  /** Longest text in tokens, specials included. */
  readonly textLength: number;
  /** 0: positions are places in the row; else 1 + the padding's id, as in RoBERTa: see `TextTablesConfig`. */
  readonly positionOffset: number;
  /** Rows of the segment table; 0: there is none. */
  readonly segments: number;
  readonly width: number;
  /** Width of the tables, when a linear layer brings their sum to `width`. */
  readonly embeddingWidth?: number | undefined;
  readonly depth: number;
  readonly heads: number;
  readonly hidden: number;
  readonly activation: Activation;
  /** "post" in BERT; "pre" as in GPT-2 and CLIP. */
  readonly norm: "pre" | "post";
  readonly dropout: number;
  readonly epsilon: number;
  readonly projectionBias?: AttentionConfig["projectionBias"];
}

/** A text tower with its word table f32[vocab, width of the tables], which a head may be tied to. */
export interface WordTower extends TextTower {
  readonly table: Tensor;
}

/** The text's summary is the state of its first token, not yet through BERT's pooler: a fusion has its own. */
export function bert(at: Scope, c: BertConfig): WordTower {
  const embedding = textEmbedding(at.in("embedding"), { ...c, width: c.embeddingWidth ?? c.width });
  const project =
    c.embeddingWidth === undefined
      ? (x: Tensor) => x
      : linear(at.in("project"), { from: c.embeddingWidth, to: c.width });
  const blocks = repeat(c.depth, (i) => encoderBlock(at.in(`blocks.${i}`), c));
  const norm = finalNorm(at.in("norm"), c);

  return {
    width: c.width,
    table: embedding.table,
    norm,
    encode: at.layer(({ ids, keep, segments }: TextInput) => {
      dims([ids, "C T"], [keep, "C T"]);
      const x = project(embedding.embed(ids, segments)); // [C, T, W]
      const { layers, attention } = runBlocks(blocks, x, keepBias(keep));
      const words = norm(layers.at(-1)!);
      return { words, pooled: words.at(1, 0), keep, layers, attention };
    }),
  };
}
