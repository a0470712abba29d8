/** Captions of a split, scored against what people wrote, beside what one caption for all pictures scores. */
import { type Forms, needForm } from "../datasets/contracts.ts";
import { progress } from "../files/progress.ts";
import { type CaptionScores, captionScores } from "../metrics/caption-scores.ts";
import { pictureRow } from "../tasks/pictures.ts";
import type { Caption, Captioner } from "./captioner.ts";
import type { RunWithData } from "./open-run.ts";
import { numbered } from "./submission.ts";

/** Training pictures whose captions the baseline learns from. */
const baselinePictures = 20_000;

/** What was written of a picture, by the name it has in its data set. */
export interface CaptionPrediction extends Caption {
  readonly image: string;
  readonly references: readonly string[];
}

/** What was written of a split. */
export interface CaptionResult {
  readonly split: string;
  /** Pictures. */
  readonly n: number;
  /** Absent where the captions that people wrote are held back. */
  readonly scores?: CaptionScores;
  /** The training split's most frequent caption, written of every picture; absent without scores or that split. */
  readonly baseline?: { readonly caption: string; readonly scores: CaptionScores };
  readonly predictions: readonly CaptionPrediction[];
}

/** Writes captions of the first `n` pictures of a split and scores them. */
export async function evaluateCaptions(
  describe: Captioner,
  { source, sizes }: RunWithData,
  split: string,
  n: number,
): Promise<CaptionResult> {
  const { dataset } = source;
  const captionsOf = needForm(dataset, "captions", "captions");
  const bar = progress({ label: `captions ${split}`, total: n, unit: "pictures" });
  const predictions: CaptionPrediction[] = [];
  for (let first = 0; first < n; first += sizes.batch) {
    const examples = await Promise.all(
      Array.from({ length: Math.min(sizes.batch, n - first) }, (_, i) => captionsOf(split, first + i)),
    );
    const captions = await describe(
      await Promise.all(examples.map(({ picture }) => pictureRow(picture, sizes))),
    );
    for (const [i, { picture, captions: references }] of examples.entries())
      predictions.push({ image: picture.id, ...captions[i]!, references });
    bar.update(first + examples.length);
  }
  bar.finish();
  if (predictions.every(({ references }) => references.length === 0)) return { split, n, predictions };
  const scores = captionScores(predictions);
  const { train } = dataset.splits;
  if (train === undefined) return { split, n, scores, predictions };
  const caption = await mostFrequent(captionsOf, Math.min(baselinePictures, train));
  const alike = predictions.map(({ references }) => ({ caption, references }));
  return {
    split,
    n,
    scores,
    baseline: { caption, scores: captionScores(alike) },
    predictions,
  };
}

/** Of the first training pictures' captions; of equally frequent ones the first. */
async function mostFrequent(captionsOf: Forms["captions"], pictures: number): Promise<string> {
  const counts = new Map<string, number>();
  for (let index = 0; index < pictures; index++) {
    const { captions } = await captionsOf("train", index);
    for (const caption of captions) counts.set(caption, (counts.get(caption) ?? 0) + 1);
  }
  return [...counts].reduce((most, entry) => (entry[1] > most[1] ? entry : most))[0];
}

/** The form in which COCO takes captions: one object a picture (cocodataset.org, results format). */
export function cocoResults(
  predictions: readonly CaptionPrediction[],
): { image_id: number | string; caption: string }[] {
  return predictions.map(({ image, caption }) => ({ image_id: numbered(image), caption }));
}

/** COCO's form of the captions that people wrote. */
export function cocoReferences(predictions: readonly CaptionPrediction[]): object {
  return {
    images: predictions.map(({ image }) => ({ id: numbered(image) })),
    annotations: predictions.flatMap(({ image, references }) =>
      references.map((caption) => ({ image_id: numbered(image), caption })),
    ),
  };
}
