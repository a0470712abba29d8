/**
 * The words' vectors alone, without a block: enough for a fusion that is deep itself. An option of METER's study of text
 * encoders (Dou et al. 2022, arXiv:2111.02387).
 */
import type { Scope } from "../../nn/scope.ts";
import { type TextEmbeddingConfig, textEmbedding } from "../../nn/text-embedding.ts";
import type { TextInput } from "../contracts.ts";
import type { WordTower } from "./bert.ts";

/** `width` is that of the tables; the rest as in BERT. */
export type BareWordsConfig = TextEmbeddingConfig;

/** The text's summary is its first token's vector, which is the same for all texts: contrast has nothing to read here. */
export function bareWords(at: Scope, c: BareWordsConfig): WordTower {
  const { embed, table } = textEmbedding(at.in("embedding"), c);
  return {
    width: c.width,
    table,
    encode: at.layer(({ ids, keep, segments }: TextInput) => {
      const x = embed(ids, segments);
      return { words: x, pooled: x.at(1, 0), keep, layers: [x], attention: [] };
    }),
  };
}
