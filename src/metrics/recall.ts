import { assert, fail } from "../core/index.ts";

/**
 * Retrieval between images and texts as on COCO and Flickr30k (Karpathy & Fei-Fei 2015, arXiv:1412.2306, section
 * 4.2): every text belongs to one image, an image may have several texts and is served by any of them.
 */
export interface Similarities {
  /** f32[images, texts], higher is more alike. */
  readonly scores: Float32Array;
  /** For every text the index of its image. */
  readonly imageOf: readonly number[];
  readonly images: number;
}

/**
 * Rank of the best own text of every image, 1 is first. Texts of other images that score the same, or not-a-number,
 * stand before it: a model that tells nothing apart gets the worst rank.
 * @throws BifocalError for an image without a text.
 */
export function imageToTextRanks(similarities: Similarities): number[] {
  check(similarities);
  const { scores, imageOf, images } = similarities;
  const texts = imageOf.length;
  return Array.from({ length: images }, (_, image) => {
    const row = scores.subarray(image * texts, (image + 1) * texts);
    const own = row.filter((score, text) => imageOf[text] === image && !Number.isNaN(score));
    const best = own.length === 0 ? Number.NaN : own.reduce((a, b) => Math.max(a, b));
    return 1 + row.filter((score, text) => imageOf[text] !== image && !(score < best)).length;
  });
}

/** Rank of the image of every text, 1 is first; ties and not-a-number count as in imageToTextRanks. */
export function textToImageRanks(similarities: Similarities): number[] {
  check(similarities);
  const { scores, imageOf, images } = similarities;
  const texts = imageOf.length;
  return imageOf.map((own, text) => {
    const truth = scores[own * texts + text]!;
    let rank = 1;
    for (let image = 0; image < images; image++) {
      if (image !== own && !(scores[image * texts + text]! < truth)) rank++;
    }
    return rank;
  });
}

function check({ scores, imageOf, images }: Similarities): void {
  assert(scores.length === images * imageOf.length, "scores are not [images, texts]");
  const served = new Set(imageOf);
  for (let image = 0; image < images; image++) {
    if (!served.has(image)) {
      fail("data", "retrieval", { expected: "a text for every image", got: `none for image ${image}` });
    }
  }
  assert(served.size === images, "a text names an image that does not exist");
}

/** Fraction of queries, in [0, 1], whose rank is at most `k`. @throws BifocalError when there are no queries. */
export function recallAt(k: number, ranks: readonly number[]): number {
  if (ranks.length === 0) fail("data", `recall@${k}`, { expected: "at least one query", got: "none" });
  return ranks.filter((rank) => rank <= k).length / ranks.length;
}

/** Recall at 1, 5 and 10 of both directions added up, in [0, 6]; papers print it times 100 as "rsum". */
export function recallSum(imageToText: readonly number[], textToImage: readonly number[]): number {
  return [1, 5, 10].reduce((sum, k) => sum + recallAt(k, imageToText) + recallAt(k, textToImage), 0);
}
