import { colours, concepts, quadrants } from "./concepts.ts";

/**
 * - `train`, `val`, `test`: scenes of one distribution, in the art of two vendors, without held-out combinations.
 * - `test-combinations`: every object stands in a quadrant or on a colour it was never seen with in training.
 * - `test-style`: scene i is scene i of `test`, redrawn in the art of a vendor never seen in training.
 */
export const splitSizes = {
  train: 1_000_000,
  val: 2_000,
  test: 4_000,
  "test-combinations": 4_000,
  "test-style": 4_000,
} as const;

/** Name of a split. */
export type Split = keyof typeof splitSizes;

/** The split whose scenes, texts and choices a split shares, drawn in its own style. */
export function sameScenes(split: Split): Split {
  return split === "test-style" ? "test" : split;
}

/**
 * Vendors of the training art, and the one held out. Noto is held out because it is hard but fair: it draws the
 * same subjects in similar shapes, with shading and gradients that neither training vendor has, while
 * Twemoji (flat fills) and OpenMoji (black outlines) are far enough apart to show that style does not matter.
 */
export const trainingVendors = [0, 1] as const;
/** Row of `vendors` that only `test-style` is drawn with. */
export const unseenVendor = 2;

/**
 * True for the combinations that only `test-combinations` has: every concept loses one quadrant and one colour.
 * Each pair of a quadrant and a colour is lost by exactly one of the 32 concepts, so that in the full world all stay
 * equally frequent everywhere.
 */
export function heldOut(concept: number, quadrant: number, colour: number): boolean {
  const lostQuadrant = concept % quadrants.length;
  const lostColour = ((concept >> 2) + 3 * lostQuadrant) % colours.length;
  return quadrant === lostQuadrant || colour === lostColour;
}

/** Whether a scene of the split can show all of these where they stand. */
export function canShow(
  split: Split,
  things: readonly { readonly concept: number; readonly quadrant: number }[],
): boolean {
  const wanted = split === "test-combinations";
  return colours.some((_, colour) =>
    things.every(({ concept, quadrant }) => heldOut(concept, quadrant, colour) === wanted),
  );
}

function pools(wanted: boolean): number[][][] {
  return quadrants.map((_, quadrant) =>
    colours.map((_, colour) =>
      concepts.map((_, concept) => concept).filter((c) => heldOut(c, quadrant, colour) === wanted),
    ),
  );
}

const seen = pools(false);
const unseen = pools(true);

/** Concepts, of the first `known`, that a split allows in `quadrant` on `colour`. */
export function allowedConcepts(
  split: Split,
  quadrant: number,
  colour: number,
  known: number,
): readonly number[] {
  const all = (split === "test-combinations" ? unseen : seen)[quadrant]![colour]!;
  return all.filter((concept) => concept < known);
}
