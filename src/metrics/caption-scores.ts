import { fail } from "../core/index.ts";
import { bleu } from "./bleu.ts";
import type { Captioned } from "./captioned.ts";
import { cider } from "./cider.ts";
import { meteorExactStem } from "./meteor.ts";
import { tokenizeCaptions } from "./ptb-tokenizer.ts";
import { rougeL } from "./rouge.ts";

/** All in [0, 1], CIDEr in [0, 10]. */
export interface CaptionScores {
  readonly bleu1: number;
  readonly bleu2: number;
  readonly bleu3: number;
  readonly bleu4: number;
  readonly rougeL: number;
  readonly cider: number;
  /** METEOR without its synonyms and paraphrases, not to be compared with METEOR that has them. */
  readonly meteorExactStem: number;
  readonly n: number;
}

/**
 * The scores of the COCO caption challenge (Chen et al. 2015, arXiv:1504.00325, section 3) of captions as people and
 * models write them, one per picture, pictures in the order of the reference file. Of METEOR
 * equal words and stems are computed, SPICE is not.
 * @throws BifocalError when there are no captions or one has no references.
 */
export function captionScores(captioned: readonly Captioned[]): CaptionScores {
  const bare = captioned.findIndex(({ references }) => references.length === 0);
  if (captioned.length === 0 || bare !== -1) {
    fail("data", "caption scores", {
      expected: "captions, each with references",
      got: bare === -1 ? "none" : `no references for caption ${bare}`,
    });
  }
  const captions = tokenizeCaptions(captioned.map(({ caption }) => caption));
  const references = tokenizeCaptions(captioned.flatMap((item) => item.references));
  let next = 0;
  const corpus = captions.map((caption, i): Captioned => {
    const first = next;
    next += captioned[i]!.references.length;
    return { caption, references: references.slice(first, next) };
  });
  const [bleu1, bleu2, bleu3, bleu4] = bleu(corpus);
  return {
    bleu1,
    bleu2,
    bleu3,
    bleu4,
    rougeL: rougeL(corpus),
    cider: cider(corpus),
    meteorExactStem: meteorExactStem(corpus),
    n: corpus.length,
  };
}
