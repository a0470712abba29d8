/**
 * ALBERT: one block, or a few, run over and over, and word vectors narrower than the stream. Lan et al. 2020,
 * arXiv:1909.11942, section 3.1.
 * C texts, T words, W width.
 */
import { dims } from "../../graph/rearrange.ts";
import type { Activation } from "../../nn/activation.ts";
import { keepBias } from "../../nn/attention.ts";
import { encoderBlock, runBlocks } from "../../nn/block.ts";
import { linear } from "../../nn/linear.ts";
import { repeat, type Scope } from "../../nn/scope.ts";
import { textEmbedding } from "../../nn/text-embedding.ts";
import type { TextInput } from "../contracts.ts";
import type { WordTower } from "./bert.ts";

/** `width` is a multiple of `heads`. */
export interface AlbertConfig {
  readonly vocab: number;
  readonly textLength: number;
  readonly segments: number;
  /** Width of the tables; a linear layer brings their sum to `width`. */
  readonly embeddingWidth: number;
  readonly width: number;
  /** Runs of a group of blocks. */
  readonly depth: number;
  /** Different groups, each run depth / groups times in a row; at most `depth`. */
  readonly groups: number;
  /** Blocks of a group. */
  readonly blocksPerGroup: number;
  readonly heads: number;
  readonly hidden: number;
  readonly activation: Activation;
  readonly dropout: number;
  readonly epsilon: number;
}

/** The text's summary is the state of its first token. */
export function albert(at: Scope, c: AlbertConfig): WordTower {
  const tables = { ...c, width: c.embeddingWidth, positionOffset: 0 };
  const embedding = textEmbedding(at.in("embedding"), tables);
  const project = linear(at.in("project"), { from: c.embeddingWidth, to: c.width });
  const groups = repeat(c.groups, (group) =>
    repeat(c.blocksPerGroup, (i) => encoderBlock(at.in(`groups.${group}.${i}`), { ...c, norm: "post" })),
  );
  const blocks = repeat(c.depth, (i) => groups[Math.floor(i / (c.depth / c.groups))]!).flat();

  return {
    width: c.width,
    table: embedding.table,
    encode: at.layer(({ ids, keep, segments }: TextInput) => {
      dims([ids, "C T"], [keep, "C T"]);
      const x = project(embedding.embed(ids, segments)); // [C, T, W]
      const { layers, attention } = runBlocks(blocks, x, keepBias(keep));
      const words = layers.at(-1)!;
      return { words, pooled: words.at(1, 0), keep, layers, attention };
    }),
  };
}
