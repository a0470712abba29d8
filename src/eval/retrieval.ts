/**
 * Retrieval between pictures and captions: towers run once a picture and once a caption, the contrast's similarity
 * shortlists, the fusion's matching score reranks (Li et al. 2021, ALBEF, arXiv:2107.07651, section 3.4; the two
 * scores are added, as in Li et al. 2022, BLIP, arXiv:2201.12086, released code).
 */
import type { Backend } from "../backends/backend.ts";
import { bootstrapInterval, type Interval } from "../metrics/confidence.ts";
import { imageToTextRanks, recallAt, textToImageRanks } from "../metrics/recall.ts";
import { type EncodedPairs, encodePairs, openPretrained } from "./encode-pairs.ts";
import type { RunWithData } from "./open-run.ts";
import { type Fit, rerank } from "./rerank.ts";

/** Share of queries whose match is among the first 1, 5, 10: fractions in [0, 1]. */
export interface Recalls {
  readonly r1: number;
  readonly r5: number;
  readonly r10: number;
  /** 95 % interval of R@1. */
  readonly interval: Interval;
}

/** Captions found for pictures, and pictures for captions. */
export interface BothWays {
  readonly i2t: Recalls;
  readonly t2i: Recalls;
}

/** Scores of one split. */
export interface RetrievalResult {
  readonly split: string;
  /** Pictures, each with one caption. */
  readonly n: number;
  /** R@1 of a guess. */
  readonly chance: number;
  /** By the towers alone; absent where the run has no contrast. */
  readonly dual: BothWays | undefined;
  /** After the fusion; absent where the run has no matching head. */
  readonly reranked: BothWays | undefined;
  /** The last of the two. */
  readonly final: BothWays;
  /** Candidates of each query that the fusion saw: all of them where the run has no contrast. */
  readonly shortlist: number;
  readonly captions: readonly string[];
  /** f32[n,n], row = picture: the final scores. */
  readonly scores: Float32Array;
}

/** Scores the first `n` pictures of a split against their first captions. @throws BifocalError when the run compares no pictures and texts. */
export async function evaluateRetrieval(
  backend: Backend,
  run: RunWithData,
  split: string,
  n: number,
  shortlist: number,
): Promise<RetrievalResult> {
  const pretrained = await openPretrained(run);
  const { contrast, matching, weights } = pretrained;
  const encoded = await encodePairs(backend, run, pretrained, split, n);
  const { batch } = run.sizes;
  let similar: Float32Array | undefined;
  let reranked: Float32Array | undefined;
  if (contrast !== undefined) {
    const logScale = weights["heads.itc.logScale"]![0]!;
    similar = similarities(encoded, Math.exp(Math.min(logScale, Math.log(100))));
    const match: Fit = (logits) => logits.logSoftmax().at(1, 1);
    reranked = matching && (await rerank(backend, pretrained, encoded, similar, shortlist, batch, match));
  } else {
    // The score that was trained to rank texts is the match's logit itself.
    const rank: Fit = (logits) => logits.at(1, 1);
    reranked = await rerank(backend, pretrained, encoded, new Float32Array(n * n), n, batch, rank);
  }
  const scores = (reranked ?? similar)!;
  return {
    split,
    n,
    chance: 1 / n,
    dual: similar && bothWays(similar, n),
    reranked: reranked && bothWays(reranked, n),
    final: bothWays(scores, n),
    shortlist: contrast === undefined ? n : shortlist,
    captions: encoded.captions,
    scores,
  };
}

function similarities({ image, text, n }: EncodedPairs, scale: number): Float32Array {
  const width = image.length / n;
  const scores = new Float32Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let t = 0; t < n; t++) {
      let dot = 0;
      for (let k = 0; k < width; k++) dot += image[i * width + k]! * text[t * width + k]!;
      scores[i * n + t] = scale * dot;
    }
  }
  return scores;
}

function bothWays(scores: Float32Array, n: number): BothWays {
  const table = { scores, images: n, imageOf: Array.from({ length: n }, (_, i) => i) };
  return { i2t: recalls(imageToTextRanks(table)), t2i: recalls(textToImageRanks(table)) };
}

function recalls(ranks: readonly number[]): Recalls {
  const found = ranks.map((rank) => Number(rank <= 1));
  return {
    r1: recallAt(1, ranks),
    r5: recallAt(5, ranks),
    r10: recallAt(10, ranks),
    interval: bootstrapInterval(found, 0),
  };
}
