/**
 * Attention by content and by distance: what a word is and how far away it stands are kept in separate vectors (He et
 * al. 2021, DeBERTa, arXiv:2006.03654, section 3.1). B texts, N tokens, D width, H heads, K = D / H.
 */
import { dropout } from "../graph/functions.ts";
import { dims, rearrange } from "../graph/rearrange.ts";
import { constant, type Tensor } from "../graph/tensor.ts";
import { linear } from "./linear.ts";
import type { Scope } from "./scope.ts";

/** Distances of two tokens as rows of a table with 2 x `span` rows: row span + d for distance d, the ends for all beyond. */
export interface DistanceConfig {
  readonly span: number;
  /**
   * When given, only distances below span / 2 have a row each; from there on they share rows by their logarithm, such
   * that `farthest` - 1 has the last (DeBERTa v2's buckets).
   */
  readonly farthest?: number | undefined;
  /** The content's projections to queries and keys serve for distances too. */
  readonly shared: boolean;
}

/** `width` is a multiple of `heads`. */
export interface DisentangledConfig {
  readonly width: number;
  readonly heads: number;
  readonly dropout: number;
  /** Keys have a bias, as in v2. */
  readonly keyBias: boolean;
  /** "c2p": a word's content asks for a distance; "p2c": its distance asks for a content (eq. 3). */
  readonly positionTerms: readonly ("c2p" | "p2c")[];
  /** Absent: content alone counts. */
  readonly distance?: DistanceConfig | undefined;
}

/** What every block of a stack reads: keep bool[B,N], true = attend, and the table of distances f32[2 x span, D]. */
export interface DisentangledContext {
  readonly keep: Tensor;
  readonly distances?: Tensor | undefined;
}

/**
 * x [B,N,D] to mixed values [B,N,D] and weights [B,H,N,N]. Padding attends to nothing: its weights are equal, as in the
 * published code.
 */
export function disentangledAttention(at: Scope, c: DisentangledConfig) {
  const { width } = c;
  const square = { from: width, to: width };
  const toQuery = linear(at.in("query"), square);
  const toKey = linear(at.in("key"), { ...square, bias: c.keyBias });
  const toValue = linear(at.in("value"), square);
  const toOutput = linear(at.in("output"), square);
  const separate = c.distance !== undefined && !c.distance.shared;
  const asks = (term: "c2p" | "p2c") => c.positionTerms.includes(term);
  const toDistanceKey =
    separate && asks("c2p") ? linear(at.in("distanceKey"), { ...square, bias: c.keyBias }) : toKey;
  const toDistanceQuery = separate && asks("p2c") ? linear(at.in("distanceQuery"), square) : toQuery;
  const alpha = 1 / Math.sqrt((width / c.heads) * (1 + c.positionTerms.length));

  return at.layer((x: Tensor, { keep, distances }: DisentangledContext) => {
    const { B, N } = dims([x, "B N D"], [keep, "B N"]);
    // Heads in front: then the distances, which all texts share, are one product per head.
    const split = (y: Tensor) => rearrange(y, "B N (H K) -> H B N K", { H: c.heads });
    const [query, key, value] = [split(toQuery(x)), split(toKey(x)), split(toValue(x))];
    let scores = query.matmul(key, { transB: true, alpha }); // [H, B, N, N]
    if (c.distance !== undefined && distances !== undefined) {
      const table = dropout(distances, c.dropout);
      const perHead = (rows: Tensor) => rearrange(rows, "R (H K) -> H R K", { H: c.heads });
      /** content [H, B, N, K] times the vector of the distance from its row's token to each other's: [H, B, N, N]. */
      const byDistance = (content: Tensor, sign: number, project: (rows: Tensor) => Tensor) => {
        const rows = perHead(project(table.gather(distanceRows(N!, sign, c.distance!)))); // [H, 2N, K]
        const flat = content.reshape([c.heads, B! * N!, -1]);
        return skew(flat.matmul(rows, { transB: true, alpha }).reshape([c.heads, B!, N!, 2 * N!]));
      };
      if (asks("c2p")) scores = scores.add(byDistance(query, 1, toDistanceKey));
      if (asks("p2c")) scores = scores.add(byDistance(key, -1, toDistanceQuery).swap(2, 3));
    }
    const pairs = keep.reshape([B!, N!, 1]).and(keep.reshape([B!, 1, N!]));
    const weights = pairs.where(scores, -1e9).softmax();
    const mixed = dropout(weights, c.dropout).matmul(value); // [H, B, N, K]
    return { output: toOutput(rearrange(mixed, "H B N K -> B N (H K)")), weights: weights.swap(0, 1) };
  });
}

/**
 * Rows i32[2N] of the distance table for tokens N - 1 places in front to N places behind: column j of `skew`'s input is
 * distance sign x (N - 1 - j).
 */
function distanceRows(N: number, sign: number, { span, farthest }: DistanceConfig): Tensor {
  const rows = Int32Array.from({ length: 2 * N }, (_, column) => {
    const places = N - 1 - column;
    const distance = sign * (farthest === undefined ? places : logBucket(places, span, farthest));
    return span + Math.max(-span, Math.min(span - 1, distance));
  });
  return constant("i32", [2 * N], rows);
}

/** The bucket of a distance, in float32 as published so that none falls on another side of a border. */
export function logBucket(distance: number, span: number, farthest: number): number {
  const middle = Math.floor(span / 2);
  const far = Math.abs(distance);
  if (far <= middle) return distance;
  const log = (x: number) => Math.fround(Math.log(Math.fround(x)));
  const share = Math.fround(log(far / middle) / log((farthest - 1) / middle));
  return Math.sign(distance) * (Math.ceil(Math.fround(share * (middle - 1))) + middle);
}

/** [H,B,N,2N] to [H,B,N,N]: row i moves i places to the left, so that element [i, j] was in column N - 1 - i + j. */
function skew(x: Tensor): Tensor {
  const { H, B, N } = dims([x, "H B N M"]);
  const flat = x.reshape([H!, B!, 2 * N! * N!]).slice(2, 0, N! * (2 * N! - 1));
  return flat.reshape([H!, B!, N!, 2 * N! - 1]).slice(3, N! - 1, 2 * N! - 1);
}
