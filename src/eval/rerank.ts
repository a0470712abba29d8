import type { Backend } from "../backends/backend.ts";
import { progress } from "../files/progress.ts";
import type { TensorType } from "../graph/ops/definition.ts";
import type { Tensor } from "../graph/tensor.ts";
import { needFusion } from "../models/index.ts";
import type { EncodedPairs, Pretrained } from "./encode-pairs.ts";
import { forwardGraph } from "./forward-graph.ts";
import { statesOf } from "./pair-states.ts";

/** A number f32[R] that says how well pairs match, from the matching head's logits f32[R,2]. */
export type Fit = (logits: Tensor) => Tensor;

/**
 * Adds what the fusion says of a match to the similarity of every pair that is among the `shortlist` best of its
 * picture or of its caption; the others fall behind them. Scores are f32[n,texts], row = picture.
 */
export async function rerank(
  backend: Backend,
  { model, matching, weights }: Pretrained,
  { n, imageOf, keep, states }: EncodedPairs,
  scores: Float32Array,
  shortlist: number,
  batch: number,
  fit: Fit,
): Promise<Float32Array> {
  const fusion = needFusion(model, "reranking");
  const texts = imageOf.length;
  const textLength = keep.length / texts;
  const given: Record<string, Float32Array | Uint8Array> = { keep };
  const types: Record<string, TensorType> = { keep: { dtype: "bool", shape: [batch, textLength] } };
  for (const [name, { shape, rows }] of Object.entries(states)) {
    given[name] = rows;
    types[name] = { dtype: "f32", shape: [batch, ...shape] };
  }
  const graph = await forwardGraph(backend, weights, types, ({ keep: mask, ...named }) => {
    const { image, text } = statesOf(named, mask!);
    return { match: fit(matching!.logits(fusion.fuse(image, text))) };
  });
  const copy = (name: string, from: number, to: number) => {
    const width = given[name]!.length / (name.startsWith("image.") ? n : texts);
    graph.inputs[name]!.set(given[name]!.subarray(from * width, (from + 1) * width), to * width);
  };
  const names = Object.keys(given);
  const pairs = shortlisted(scores, n, texts, shortlist);
  const reranked = new Float32Array(scores.length).fill(Number.NaN);
  const bar = progress({ label: "rerank", total: pairs.length, unit: "pairs" });
  for (let start = 0; start < pairs.length; start += batch) {
    const count = Math.min(batch, pairs.length - start);
    for (let row = 0; row < batch; row++) {
      const pair = pairs[start + (row % count)]!;
      for (const name of names) {
        copy(name, name.startsWith("image.") ? Math.floor(pair / texts) : pair % texts, row);
      }
    }
    await graph.run();
    for (let row = 0; row < count; row++) {
      const pair = pairs[start + row]!;
      reranked[pair] = scores[pair]! + graph.outputs.match![row]!;
    }
    bar.update(start + count);
  }
  bar.finish();
  // No farther behind than need be: far from zero f32 could not tell close scores apart.
  const lowest = pairs.reduce((least, pair) => Math.min(least, reranked[pair]!), Number.POSITIVE_INFINITY);
  const behind = scores.reduce((most, score) => Math.max(most, score), lowest) - lowest + 1;
  const seen = new Set(pairs);
  for (const [pair, score] of scores.entries()) if (!seen.has(pair)) reranked[pair] = score - behind;
  return reranked;
}

/** Pairs (picture * texts + caption) among the k best of their picture or of their caption, in rising order. */
function shortlisted(scores: Float32Array, n: number, texts: number, k: number): number[] {
  const pairs = new Set<number>();
  const best = (size: number, score: (i: number) => number) =>
    Array.from({ length: size }, (_, i) => i)
      .sort((a, b) => score(b) - score(a))
      .slice(0, k);
  for (let image = 0; image < n; image++)
    for (const text of best(texts, (t) => scores[image * texts + t]!)) pairs.add(image * texts + text);
  for (let text = 0; text < texts; text++)
    for (const image of best(n, (p) => scores[p * texts + text]!)) pairs.add(image * texts + text);
  return [...pairs].sort((a, b) => a - b);
}
