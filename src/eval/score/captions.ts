import { z } from "zod";
import { fail } from "../../core/errors.ts";
import { type CaptionScores, captionScores } from "../../metrics/caption-scores.ts";
import { byId, matchIds } from "./match-ids.ts";
import { readJson } from "./read.ts";

/** Files of COCO captions (cocodataset.org). */
export interface CaptionFiles {
  /** `{images: [{id}], annotations: [{image_id, caption}]}`, several captions for a picture. */
  readonly references: string;
  /** `[{image_id, caption}]`, one for a picture. */
  readonly predictions: string;
}

const id = z.union([z.int(), z.string()], { error: "expected an id" });
const captions = z.array(z.object({ image_id: id, caption: z.string() }));
const referenceFile = z.object({ images: z.array(z.object({ id })).min(1), annotations: captions });

/** Scores one caption for every picture of the reference file. @throws BifocalError for pictures that are twice in a file or not in both, and for files of another form. */
export async function scoreCaptions(files: CaptionFiles): Promise<CaptionScores> {
  const { images, annotations } = await readJson(files.references, referenceFile);
  const pictures = byId(
    files.references,
    "a picture",
    images.map((image): [string | number, string[]] => [image.id, []]),
  );
  for (const { image_id, caption } of annotations) {
    const references = pictures.values.get(image_id);
    if (references === undefined) {
      fail("data", files.references, {
        expected: "captions of the file's images",
        got: `one of ${image_id}`,
      });
    }
    references.push(caption);
  }
  const bare = [...pictures.values].filter(([, references]) => references.length === 0);
  if (bare.length > 0) {
    fail("data", files.references, {
      expected: "a caption for every image",
      got: `none for ${bare.length}, the first ${bare[0]![0]}`,
    });
  }
  const predictions = await readJson(files.predictions, captions);
  const predicted = byId(
    files.predictions,
    "a caption",
    predictions.map((item) => [item.image_id, item.caption] as const),
  );
  matchIds("a caption", pictures, predicted);
  return captionScores(
    [...pictures.values].map(([image, references]) => ({
      caption: predicted.values.get(image)!,
      references,
    })),
  );
}
