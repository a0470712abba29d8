/** Judging pictures, alone or with texts, several at a time. */
import { BifocalError } from "../core/errors.ts";
import type { StoredImage } from "../datasets/examples.ts";

/**
 * What one picture, and one text where the run reads texts, give: answers of a run that answers questions, a caption of
 * one that writes them, scores of a pretrained one.
 */
export interface Prediction {
  readonly image: string;
  /** Empty where the run reads none. */
  readonly text: string;
  readonly answers?: readonly { readonly answer: string; readonly probability: number }[];
  readonly caption?: string;
  /** Of the caption, in nats. */
  readonly logProbability?: number;
  /** Cosine of the towers' summaries, in [-1, 1]. */
  readonly similarity?: number;
  /** Probability that picture and text belong together. */
  readonly match?: number;
  /** Why there is nothing else: the picture cannot be read or the text is too long. */
  readonly error?: string;
}

/** What was found about a picture and a text. */
export type Judgement = Omit<Prediction, "image" | "text" | "error">;

/** A picture and a text to be judged, or why there is none. */
export interface Asked {
  readonly image: string;
  readonly text: string;
  /** Read once for all texts that share it. @throws BifocalError "data" */
  readonly pixels: () => Promise<Uint8Array>;
}

/** A run that is ready to judge. */
export interface Predictor {
  /** What the model sees of a picture, as batches have it. @throws BifocalError "data" when the picture cannot be read. */
  pixelsOf(image: StoredImage): Promise<Uint8Array>;
  /**
   * One prediction for each pair in order, several pairs at a time; the next pictures are read meanwhile. What is
   * wrong with a picture or a text is told in its prediction and ends nothing.
   */
  predict(pairs: AsyncIterable<Asked> | Iterable<Asked>): AsyncGenerator<Prediction>;
}

type Ready<R> =
  | { readonly asked: Asked; readonly given: R }
  | { readonly asked: Asked; readonly error: string };

/** The `predict` of a run that reads pairs by `read` and judges at most `batch` of them at a time, one or more. */
export function inBatches<R>(
  batch: number,
  read: (asked: Asked) => Promise<R>,
  judge: (given: readonly R[]) => Promise<readonly Judgement[]>,
): Predictor["predict"] {
  const ready = async (asked: Asked): Promise<Ready<R>> => {
    try {
      return { asked, given: await read(asked) };
    } catch (error) {
      if (!(error instanceof BifocalError) || error.fields.code !== "data") throw error;
      return { asked, error: error.message };
    }
  };
  const judged = async (all: readonly Ready<R>[]): Promise<Prediction[]> => {
    const given = all.flatMap((one) => ("given" in one ? [one.given] : []));
    const judgements = given.length === 0 ? [] : await judge(given);
    let next = 0;
    return all.map((one) => {
      const { image, text } = one.asked;
      return "error" in one ? { image, text, error: one.error } : { image, text, ...judgements[next++]! };
    });
  };
  return async function* (pairs) {
    let before: Promise<Ready<R>[]> | undefined;
    for await (const asked of batchesOf(pairs, batch)) {
      const reading = Promise.all(asked.map(ready));
      reading.catch(() => undefined); // met when its turn comes
      if (before !== undefined) yield* await judged(await before);
      before = reading;
    }
    if (before !== undefined) yield* await judged(await before);
  };
}

async function* batchesOf(pairs: AsyncIterable<Asked> | Iterable<Asked>, size: number) {
  let batch: Asked[] = [];
  for await (const pair of pairs) {
    batch.push(pair);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Every picture with every text, pictures first. */
export async function predict(
  predictor: Predictor,
  images: readonly StoredImage[],
  texts: readonly string[],
): Promise<Prediction[]> {
  const predictions: Prediction[] = [];
  for await (const prediction of predictor.predict(pairsOf(predictor, images, texts))) {
    predictions.push(prediction);
  }
  return predictions;
}

function* pairsOf(
  predictor: Predictor,
  images: readonly StoredImage[],
  texts: readonly string[],
): Generator<Asked> {
  for (const image of images) {
    let square: Promise<Uint8Array> | undefined;
    const pixelsOnce = () => {
      square ??= predictor.pixelsOf(image);
      return square;
    };
    for (const text of texts) yield { image: image.id, text, pixels: pixelsOnce };
  }
}
