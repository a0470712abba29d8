import { z } from "zod";
import { fail } from "../../core/errors.ts";
import { imageToTextRanks, recallAt, recallSum, textToImageRanks } from "../../metrics/recall.ts";
import { readJson } from "./read.ts";

/** Fractions in [0, 1] of the queries of one direction. */
export interface Recalls {
  readonly r1: number;
  readonly r5: number;
  readonly r10: number;
}

/** Retrieval in both directions. */
export interface RetrievalScores {
  readonly imageToText: Recalls;
  readonly textToImage: Recalls;
  /** All six added up, in [0, 6]. */
  readonly recallSum: number;
  readonly images: number;
  readonly texts: number;
}

const similarityFile = z.object({
  scores: z.array(z.array(z.number())).min(1),
  imageOf: z.array(z.int().nonnegative()).min(1),
});

/** Reads `{scores: [images][texts], imageOf: [texts]}`. @throws BifocalError where sizes differ or a text has no image. */
export async function scoreSimilarities(path: string): Promise<RetrievalScores> {
  const { scores, imageOf } = await readJson(path, similarityFile);
  const images = scores.length;
  const texts = imageOf.length;
  const uneven = scores.findIndex((row) => row.length !== texts);
  if (uneven !== -1) {
    fail("data", `${path} scores ${uneven}`, {
      expected: `${texts} scores, one for each text`,
      got: `${scores[uneven]!.length}`,
    });
  }
  const stray = imageOf.find((image) => image >= images);
  if (stray !== undefined) {
    fail("data", `${path} imageOf`, {
      expected: `indices below ${images}, the number of images`,
      got: `${stray}`,
    });
  }
  const similarities = { scores: Float32Array.from(scores.flat()), imageOf, images };
  const toText = imageToTextRanks(similarities);
  const toImage = textToImageRanks(similarities);
  const recalls = (ranks: readonly number[]): Recalls => ({
    r1: recallAt(1, ranks),
    r5: recallAt(5, ranks),
    r10: recallAt(10, ranks),
  });
  return {
    imageToText: recalls(toText),
    textToImage: recalls(toImage),
    recallSum: recallSum(toText, toImage),
    images,
    texts,
  };
}
