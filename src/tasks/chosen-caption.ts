import { fail } from "../core/errors.ts";
import type { Rng } from "../core/rng.ts";
import type { CaptionedPicture } from "../datasets/contracts.ts";

/** One of a picture's captions: drawn, or the first without `draw`. @throws BifocalError "data" when it has none. */
export function chosenCaption({ picture, captions }: CaptionedPicture, draw: Rng | undefined): string {
  const [first] = captions;
  if (first === undefined) {
    fail("data", picture.id, {
      expected: "a picture with captions",
      got: "none, or they are held back",
      todo: "take another split",
    });
  }
  return draw === undefined ? first : draw.pick(captions);
}
