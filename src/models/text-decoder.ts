/**
 * Encoder-decoder: the fused words and patches are not read off directly, a decoder attends to them. It writes texts,
 * and what it makes of a token of its own is the summary of a pair.
 * Dou et al. 2022 (METER), arXiv:2111.02387, section 3; layers as in Vaswani et al. 2017, arXiv:1706.03762, section 3.1.
 * C pairs, N = T + P fused tokens, U tokens written, F width of both, V vocabulary.
 *
 * Differs: METER's code has no decoder, so what the paper leaves open is chosen here: words and patches are attended to
 * together, in one sequence, and logits are products with the decoder's own word table, through BERT's head. The
 * summary that the fusion makes has no reader: its poolers are declared and never learn.
 */
import { fail } from "../core/errors.ts";
import { dims } from "../graph/rearrange.ts";
import { concat, full, type Tensor } from "../graph/tensor.ts";
import { causal, keepBias } from "../nn/attention.ts";
import { type BlockConfig, crossBlock, finalNorm } from "../nn/block.ts";
import { wordHead } from "../nn/heads.ts";
import { normal } from "../nn/init.ts";
import { repeat, type Scope } from "../nn/scope.ts";
import { textEmbedding } from "../nn/text-embedding.ts";
import { tokensAt } from "../nn/tokens.ts";
import type { DecoderSource, FusedState, FusionModel, ImageState, TextState } from "./contracts.ts";

/** Blocks as wide as the fusion. */
export interface DecoderConfig extends Omit<BlockConfig, "width"> {
  readonly depth: number;
}

/**
 * The model with a decoder: its `decoder` writes, its summary is the decoder's. Paths below `at`: words, class, blocks,
 * norm, head. `text` says how many words there are and how many tokens a text has at most.
 * @throws BifocalError when the heads do not divide the fusion's width.
 */
export function withDecoder(
  at: Scope,
  model: FusionModel,
  c: DecoderConfig,
  text: { readonly vocab: number; readonly textLength: number },
): FusionModel {
  const { words: width } = model.fusedWidths;
  if (width % c.heads !== 0) {
    fail("config", "model.decoder.heads", {
      expected: `a divisor of ${width}, the fusion's width`,
      got: `${c.heads}`,
    });
  }
  const { vocab, textLength } = text;
  const block = { ...c, width };
  const { embed, table } = textEmbedding(at.in("words"), {
    ...block,
    vocab,
    textLength,
    positionOffset: 0,
    segments: 0,
  });
  const summary = at.param("class", [1, 1, width], normal(at.std));
  const blocks = repeat(c.depth, (i) => crossBlock(at.in(`blocks.${i}`), block));
  const norm = finalNorm(at.in("norm"), block);
  const head = wordHead(at.in("head"), { width, classes: vocab, epsilon: c.epsilon }, table);

  const run = (start: Tensor, { tokens, keep }: DecoderSource, bias?: Tensor): Tensor => {
    const kept = keepBias(keep);
    let x = start;
    for (const each of blocks) x = each(x, tokens, bias, kept).x;
    return norm(x);
  };
  return {
    ...model,
    decoder: {
      textLength,
      read: at.layer((image, sentence) => sourceOf(model.fuse(image, sentence), image, sentence)),
      write: at.layer((ids, source, places) => {
        const { U } = dims([ids, "C U"], [source.tokens, "C N F"], [source.keep, "C N"]);
        const x = run(embed(ids), source, causal(U).where(0, -1e9));
        return head(places === undefined ? x : tokensAt(x, places));
      }),
    },
    fusedWidths: { words: width, pooled: width },
    fuse: at.layer((image, sentence, picture) => {
      const fused = model.fuse(image, sentence, picture);
      const source = sourceOf(fused, image, sentence);
      const start = summary.expand([source.keep.shape[0]!, 1, width]);
      return { ...fused, pooled: run(start, source).at(1, 0) };
    }),
  };
}

function sourceOf({ words, patches }: FusedState, image: ImageState, text: TextState): DecoderSource {
  const { C, P } = dims([words, "C T F"], [patches, "C P F"]);
  return {
    tokens: concat([words, patches], 1),
    keep: concat([text.keep, image.keep ?? full(1, "bool", [C, P])], 1),
  };
}
