/**
 * Retrieval between pictures and captions: towers run once a picture and once a caption, the contrast's similarity
 * shortlists, the fusion's matching score reranks (Li et al. 2021, ALBEF, arXiv:2107.07651, section 3.4; the two
 * scores are added, as in Li et al. 2022, BLIP, arXiv:2201.12086, released code).
 */
import type { Backend } from "../backends/backend.ts";
import { bootstrapInterval, type Interval } from "../metrics/confidence.ts";
import { imageToTextRanks, recallAt, recallSum, textToImageRanks } from "../metrics/recall.ts";
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
  /** All six recalls added up, in [0, 6]. */
  readonly recallSum: number;
}

/** Scores of one split. */
export interface RetrievalResult {
  readonly split: string;
  /** Pictures. */
  readonly n: number;
  /** Captions of all pictures together. */
  readonly texts: number;
  /** R@1 of a guess at the picture of a caption. */
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
  /** Of every caption its picture. */
  readonly imageOf: readonly number[];
  /** f32[n,texts], row = picture: the final scores. */
  readonly scores: Float32Array;
}

/**
 * Scores the first `n` pictures of a split against the first `each` captions of every one: five on COCO and Flickr30k
 * (Karpathy & Fei-Fei 2015, arXiv:1412.2306). @throws BifocalError when the run compares no pictures and texts.
 */
export async function evaluateRetrieval(
  backend: Backend,
  run: RunWithData,
  split: string,
  n: number,
  shortlist: number,
  each = 1,
): Promise<RetrievalResult> {
  const pretrained = await openPretrained(run);
  const { contrast, matching, weights } = pretrained;
  const encoded = await encodePairs(backend, run, pretrained, split, n, each);
  const { batch } = run.sizes;
  const texts = encoded.captions.length;
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
    const none = new Float32Array(n * texts);
    reranked = await rerank(backend, pretrained, encoded, none, texts, batch, rank);
  }
  const scores = (reranked ?? similar)!;
  return {
    split,
    n,
    texts,
    chance: 1 / n,
    dual: similar && bothWays(similar, encoded),
    reranked: reranked && bothWays(reranked, encoded),
    final: bothWays(scores, encoded),
    shortlist: contrast === undefined ? texts : shortlist,
    captions: encoded.captions,
    imageOf: encoded.imageOf,
    scores,
  };
}

function similarities({ image, text, n, imageOf }: EncodedPairs, scale: number): Float32Array {
  const width = image.length / n;
  const texts = imageOf.length;
  const scores = new Float32Array(n * texts);
  for (let i = 0; i < n; i++) {
    for (let t = 0; t < texts; t++) {
      let dot = 0;
      for (let k = 0; k < width; k++) dot += image[i * width + k]! * text[t * width + k]!;
      scores[i * texts + t] = scale * dot;
    }
  }
  return scores;
}

function bothWays(scores: Float32Array, { n, imageOf }: EncodedPairs): BothWays {
  const table = { scores, images: n, imageOf };
  const [toText, toImage] = [imageToTextRanks(table), textToImageRanks(table)];
  return { i2t: recalls(toText), t2i: recalls(toImage), recallSum: recallSum(toText, toImage) };
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
