import type { Backend } from "../backends/backend.ts";
import { sizeOf } from "../core/shape.ts";
import { progress } from "../files/progress.ts";
import type { TensorType } from "../graph/ops/definition.ts";
import type { Tensor } from "../graph/tensor.ts";
import { needFusion } from "../models/index.ts";
import { bestOf } from "./best-of.ts";
import type { EncodedPairs, Pretrained } from "./encode-pairs.ts";
import { forwardGraph } from "./forward-graph.ts";
import type { Gallery } from "./gallery.ts";
import { statesOf } from "./pair-states.ts";

/** A number f32[R] that says how well pairs match, from the matching head's logits f32[R,2]. */
export type Fit = (logits: Tensor) => Tensor;

/**
 * Adds what the fusion says of a match to the score of every pair of a gallery that is among the `shortlist` best of its
 * picture or of its text; the others fall behind them. Scores are f32[images,texts].
 */
export type Reranker = (gallery: Gallery, shortlist: number) => Promise<Float32Array>;

/** A reranker of encoded pairs, which runs the fusion once for each pair however many galleries ask for it. */
export async function openReranker(
  backend: Backend,
  { model, matching, weights }: Pretrained,
  { n, imageOf, keep, states }: Omit<EncodedPairs, "close">,
  batch: number,
  fit: Fit,
): Promise<Reranker> {
  const fusion = needFusion(model, "reranking");
  const texts = imageOf.length;
  const textLength = keep.length / texts;
  const types: Record<string, TensorType> = { keep: { dtype: "bool", shape: [batch, textLength] } };
  for (const [name, { shape }] of Object.entries(states)) {
    types[name] = { dtype: "f32", shape: [batch, ...shape] };
  }
  const graph = await forwardGraph(backend, weights, types, ({ keep: mask, ...named }) => {
    const { image, text } = statesOf(named, mask!);
    return { match: fit(matching!.logits(fusion.fuse(image, text))) };
  });
  /** A pair's states and its text's mask, to a row of the graph's inputs. */
  const place = (image: number, text: number, row: number) => {
    graph.inputs.keep!.set(keep.subarray(text * textLength, (text + 1) * textLength), row * textLength);
    for (const [name, { shape, rows }] of Object.entries(states)) {
      const width = sizeOf(shape);
      const into = graph.inputs[name] as Float32Array;
      rows?.read(name.startsWith("image.") ? image : text, into.subarray(row * width, (row + 1) * width));
    }
  };
  // What the fusion said of pair image * texts + text; not-a-number where it was not asked.
  const known = new Float32Array(n * texts).fill(Number.NaN);

  const ask = async (pairs: Uint32Array) => {
    if (pairs.length === 0) return;
    const bar = progress({ label: "rerank", total: pairs.length, unit: "pairs" });
    for (let start = 0; start < pairs.length; start += batch) {
      const count = Math.min(batch, pairs.length - start);
      for (let row = 0; row < batch; row++) {
        const pair = pairs[start + (row % count)]!;
        place(Math.floor(pair / texts), pair % texts, row);
      }
      await graph.run();
      for (let row = 0; row < count; row++) known[pairs[start + row]!] = graph.outputs.match![row]!;
      bar.update(start + count);
    }
    bar.finish();
  };

  return async (gallery, shortlist) => {
    const { scores, imageOf: own, firstImage, firstText } = gallery;
    const width = own.length;
    const chosen = shortlisted(gallery, shortlist);
    const pairs = chosen.map(
      (at) => (firstImage + Math.floor(at / width)) * texts + firstText + (at % width),
    );
    await ask(pairs.filter((pair) => Number.isNaN(known[pair])));
    const fitted = Float32Array.from(chosen, (at, i) => scores[at]! + known[pairs[i]!]!);
    // No farther behind than need be: far from zero f32 could not tell close scores apart.
    const lowest = fitted.reduce((least, score) => Math.min(least, score), Number.POSITIVE_INFINITY);
    const behind = scores.reduce((most, score) => Math.max(most, score), lowest) - lowest + 1;
    const reranked = scores.map((score) => score - behind);
    for (const [i, at] of chosen.entries()) reranked[at] = fitted[i]!;
    return reranked;
  };
}

/** Places image * texts + text, in rising order, of the pairs among the k best of their picture or of their text. */
function shortlisted({ scores, images, imageOf }: Gallery, k: number): Uint32Array {
  const texts = imageOf.length;
  if (k >= Math.max(texts, images)) return Uint32Array.from(scores.keys());
  const chosen = new Uint8Array(scores.length);
  for (let image = 0; image < images; image++)
    for (const text of bestOf(k, texts, (t) => scores[image * texts + t]!)) chosen[image * texts + text] = 1;
  for (let text = 0; text < texts; text++)
    for (const image of bestOf(k, images, (p) => scores[p * texts + text]!)) chosen[image * texts + text] = 1;
  const places = new Uint32Array(chosen.reduce((sum, one) => sum + one, 0));
  let count = 0;
  for (let at = 0; at < chosen.length; at++) if (chosen[at] === 1) places[count++] = at;
  return places;
}
