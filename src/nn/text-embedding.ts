import { fail } from "../core/errors.ts";
import { dropout } from "../graph/functions.ts";
import { dims } from "../graph/rearrange.ts";
import { constant, type Tensor } from "../graph/tensor.ts";
import { normal } from "./init.ts";
import { layerNorm } from "./norm.ts";
import type { Scope } from "./scope.ts";

/** Sizes of the tables whose rows are added up for a token; `width` is that of a row. */
export interface TextTablesConfig {
  readonly vocab: number;
  readonly width: number;
  /** Longest text in tokens; 0: words do not carry their position. */
  readonly textLength: number;
  /**
   * 0, as in BERT: a token's position is its place in the row. Otherwise, as in RoBERTa, 1 + the id of the padding
   * token: only other tokens are counted, from this row of the table on, and padding has the row in front.
   */
  readonly positionOffset: number;
  /** Rows of the segment table; 0: there is none. */
  readonly segments: number;
}

/** `dropout` acts on the normalised sum. */
export interface TextEmbeddingConfig extends TextTablesConfig {
  readonly dropout: number;
  readonly epsilon: number;
}

/** Vectors of tokens before or after a norm, and the word table f32[vocab, width], which a head may share. */
export interface TextEmbedding {
  /** ids and segments i32 [B,T] to f32[B,T,width]; without segments every word is in segment 0. */
  embed(ids: Tensor, segments?: Tensor): Tensor;
  readonly table: Tensor;
}

/** Word + position + segment. @throws BifocalError when a text is longer than the position table. */
export function textTables(at: Scope, c: TextTablesConfig): TextEmbedding {
  const table = at.param("words", [c.vocab, c.width], normal(at.std));
  const rows = c.positionOffset + c.textLength;
  const positions = c.textLength > 0 ? at.param("positions", [rows, c.width], normal(at.std)) : undefined;
  const segments = c.segments > 0 ? at.param("segments", [c.segments, c.width], normal(at.std)) : undefined;

  const placesOf = (ids: Tensor): Tensor | undefined => {
    const { T } = dims([ids, "B T"]);
    if (positions !== undefined && T > c.textLength) {
      const expected = `texts of at most ${c.textLength} tokens`;
      fail("shape", at.path, { expected, got: `${T}`, todo: "cut them when they become tokens" });
    }
    return c.positionOffset === 0
      ? positions?.slice(0, 0, T) // [T, width]
      : positions?.gather(countFrom(c.positionOffset, ids)); // [B, T, width]
  };
  const segmentsOf = (ids: Tensor | undefined): Tensor | undefined =>
    ids === undefined ? segments?.slice(0, 0, 1) : segments?.gather(ids);

  return {
    table,
    embed: at.layer((ids, segmentIds) => {
      const words = table.gather(ids);
      const added = [placesOf(ids), segmentsOf(segmentIds)].filter((rows) => rows !== undefined);
      return added.length === 0 ? words : words.add(added.reduce((sum, rows) => sum.add(rows)));
    }),
  };
}

/** Word + position + segment, normalised (Devlin et al. 2019, arXiv:1810.04805, section 3). */
export function textEmbedding(at: Scope, c: TextEmbeddingConfig): TextEmbedding {
  const { embed, table } = textTables(at, c);
  const norm = layerNorm(at.in("norm"), c.width, c.epsilon);
  return { table, embed: at.layer((ids, segments) => dropout(norm(embed(ids, segments)), c.dropout)) };
}

/** Positions i32[B,T] of RoBERTa: tokens that are not padding, whose id is offset - 1, are offset, offset + 1, ... */
function countFrom(offset: number, ids: Tensor): Tensor {
  const { T } = dims([ids, "B T"]);
  const counted = ids
    .equal(offset - 1)
    .not()
    .cast("f32");
  const upTo = constant(
    "f32",
    [T, T],
    Float32Array.from({ length: T * T }, (_, i) => (Math.floor(i / T) <= i % T ? 1 : 0)),
  );
  return counted
    .matmul(upTo)
    .mul(counted)
    .add(offset - 1)
    .cast("i32");
}
