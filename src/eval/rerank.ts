import type { Backend } from "../backends/backend.ts";
import { progress } from "../files/progress.ts";
import { needFusion } from "../models/index.ts";
import type { EncodedPairs, Pretrained } from "./encode-pairs.ts";
import { forwardGraph } from "./forward-graph.ts";

/**
 * Adds the fusion's log-probability of a match to the similarity of every pair that is among the `shortlist` best of
 * its picture or of its caption; the others fall behind them. Scores are f32[n,n], row = picture.
 */
export async function rerank(
  backend: Backend,
  { model, matching, weights }: Pretrained,
  encoded: EncodedPairs,
  scores: Float32Array,
  shortlist: number,
  batch: number,
): Promise<Float32Array> {
  const { n } = encoded;
  const fusion = needFusion(model, "reranking");
  const textLength = encoded.keep.length / n;
  const patches = encoded.patches.length / (n * model.widths.image);
  const graph = await forwardGraph(
    backend,
    weights,
    {
      patches: { dtype: "f32", shape: [batch, patches, model.widths.image] },
      words: { dtype: "f32", shape: [batch, textLength, model.widths.text] },
      keep: { dtype: "bool", shape: [batch, textLength] },
    },
    (given) => {
      const nothing = { layers: [], attention: [] };
      const image = { patches: given.patches!, pooled: given.patches!.at(1, 0), ...nothing };
      const text = { words: given.words!, pooled: given.words!.at(1, 0), keep: given.keep!, ...nothing };
      return { match: matching!.logits(fusion.fuse(image, text)).logSoftmax().at(1, 1) };
    },
  );
  const copy = (name: "patches" | "words" | "keep", from: number, to: number) => {
    const width = encoded[name].length / n;
    graph.inputs[name]!.set(encoded[name].subarray(from * width, (from + 1) * width), to * width);
  };
  const pairs = shortlisted(scores, n, Math.min(shortlist, n));
  const reranked = new Float32Array(scores.length).fill(Number.NaN);
  const bar = progress({ label: "rerank", total: pairs.length, unit: "pairs" });
  for (let start = 0; start < pairs.length; start += batch) {
    const count = Math.min(batch, pairs.length - start);
    for (let row = 0; row < batch; row++) {
      const pair = pairs[start + (row % count)]!;
      copy("patches", Math.floor(pair / n), row);
      copy("words", pair % n, row);
      copy("keep", pair % n, row);
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

/** Pairs (picture * n + caption) among the k best of their picture or of their caption, in rising order. */
function shortlisted(scores: Float32Array, n: number, k: number): number[] {
  const pairs = new Set<number>();
  const all = Array.from({ length: n }, (_, i) => i);
  const best = (score: (i: number) => number) => [...all].sort((a, b) => score(b) - score(a)).slice(0, k);
  for (const i of all) {
    for (const text of best((t) => scores[i * n + t]!)) pairs.add(i * n + text);
    for (const image of best((p) => scores[p * n + i]!)) pairs.add(image * n + i);
  }
  return [...pairs].sort((a, b) => a - b);
}
