/**
 * Retrieval between pictures and captions: towers run once a picture and once a caption, the contrast's similarity
 * shortlists, the fusion's matching score reranks (Li et al. 2021, ALBEF, arXiv:2107.07651, section 3.4; the two
 * scores are added, as in Li et al. 2022, BLIP, arXiv:2201.12086, released code).
 */
import type { Backend } from "../backends/backend.ts";
import { fail } from "../core/errors.ts";
import { bootstrapInterval, type Interval } from "../metrics/confidence.ts";
import { imageToTextRanks, recallAt, recallSum, textToImageRanks } from "../metrics/recall.ts";
import { type EncodedPairs, encodePairs, openPretrained, type Pretrained } from "./encode-pairs.ts";
import { foldsOf, type Gallery, wholeGallery } from "./gallery.ts";
import type { RunWithData } from "./open-run.ts";
import { type Fit, openReranker } from "./rerank.ts";

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

/** Recalls by each of the run's scores. */
export interface RetrievalScores {
  /** By the towers alone; absent where the run has no contrast. */
  readonly dual: BothWays | undefined;
  /** After the fusion; absent where the run has no matching head. */
  readonly reranked: BothWays | undefined;
}

/** Means over equal parts of the pictures, each searched for itself. */
export interface FoldedScores extends RetrievalScores {
  readonly count: number;
  /** Of one part. */
  readonly pictures: number;
}

/** Which pairs are scored. */
export interface RetrievalOptions {
  /** Candidates of each query that the fusion reranks, "all" of them or so many. */
  readonly shortlist: number | "all";
  /** Captions of every picture that are searched: five on COCO and Flickr30k. */
  readonly captions?: number;
  /** Also the means over so many parts of the pictures. */
  readonly folds?: number;
}

/** Scores of one split. */
export interface RetrievalResult extends RetrievalScores {
  readonly split: string;
  /** Pictures. */
  readonly n: number;
  /** Captions of all pictures together. */
  readonly texts: number;
  /** R@1 of a guess at the picture of a caption. */
  readonly chance: number;
  /** The last score that there is. */
  readonly final: BothWays;
  /** Absent unless asked for. */
  readonly folds?: FoldedScores;
  /** Candidates of each query that the fusion saw: all of them where the run has no contrast. */
  readonly shortlist: number;
  readonly captions: readonly string[];
  /** Of every caption its picture. */
  readonly imageOf: readonly number[];
  /** f32[n,texts], row = picture: the final scores. */
  readonly scores: Float32Array;
}

/**
 * Scores the first `n` pictures of a split against captions of theirs, all together and, where asked, in folds (Karpathy &
 * Fei-Fei 2015, arXiv:1412.2306, section 4.2). @throws BifocalError when the run compares no pictures and texts.
 */
export async function evaluateRetrieval(
  backend: Backend,
  run: RunWithData,
  split: string,
  n: number,
  options: RetrievalOptions,
): Promise<RetrievalResult> {
  const { captions = 1, folds } = options;
  if (folds !== undefined && n % folds !== 0) {
    fail("usage", "--folds", {
      expected: `a number of pictures that ${folds} folds share equally`,
      got: `${n}`,
      todo: "choose --pictures accordingly",
    });
  }
  const pretrained = await openPretrained(run);
  const encoded = await encodePairs(backend, run, pretrained, split, n, captions);
  try {
    return { split, ...(await scoreEncoded(backend, pretrained, encoded, run.sizes.batch, options)) };
  } finally {
    encoded.close();
  }
}

async function scoreEncoded(
  backend: Backend,
  pretrained: Pretrained,
  encoded: EncodedPairs,
  batch: number,
  { shortlist, folds }: RetrievalOptions,
): Promise<Omit<RetrievalResult, "split">> {
  const { n } = encoded;
  const { contrast, matching, weights } = pretrained;
  const texts = encoded.captions.length;
  const logScale = weights["heads.itc.logScale"]?.[0] ?? 0;
  const similar = contrast && similarities(encoded, Math.exp(Math.min(logScale, Math.log(100))));
  const whole = wholeGallery(similar ?? new Float32Array(n * texts), encoded.imageOf, n);
  // Without a contrast the score that was trained to rank texts is the match's logit itself.
  const fit: Fit = (logits) => (contrast === undefined ? logits : logits.logSoftmax()).at(1, 1);
  const rerank = matching && (await openReranker(backend, pretrained, encoded, batch, fit));
  const candidates = contrast === undefined || shortlist === "all" ? texts : shortlist;

  /** Recalls over galleries that are searched one by one, and the last scores. */
  const search = async (galleries: readonly Gallery[]) => {
    const last: Gallery[] = [];
    if (rerank !== undefined)
      for (const gallery of galleries) last.push({ ...gallery, scores: await rerank(gallery, candidates) });
    return {
      dual: similar && bothWays(galleries),
      reranked: rerank && bothWays(last),
      scores: (last[0] ?? galleries[0]!).scores,
    };
  };
  const { scores, ...found } = await search([whole]);
  const inFolds = async (count: number): Promise<FoldedScores> => {
    const { dual, reranked } = await search(foldsOf(whole, count));
    return { count, pictures: n / count, dual, reranked };
  };
  return {
    n,
    texts,
    chance: 1 / n,
    ...found,
    final: (found.reranked ?? found.dual)!,
    ...(folds !== undefined && { folds: await inFolds(folds) }),
    shortlist: candidates,
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

function bothWays(galleries: readonly Gallery[]): BothWays {
  const toText = galleries.map(imageToTextRanks);
  const toImage = galleries.map(textToImageRanks);
  return {
    i2t: recalls(toText),
    t2i: recalls(toImage),
    recallSum: meanOf(galleries.map((_, i) => recallSum(toText[i]!, toImage[i]!))),
  };
}

function recalls(ranks: readonly (readonly number[])[]): Recalls {
  const mean = (k: number) => meanOf(ranks.map((own) => recallAt(k, own)));
  const found = ranks.flat().map((rank) => Number(rank <= 1));
  return { r1: mean(1), r5: mean(5), r10: mean(10), interval: bootstrapInterval(found, 0) };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
