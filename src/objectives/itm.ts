/**
 * Image-text matching: does this text belong to this picture? Two-way cross entropy on the fused summary.
 * Negatives: random ones as in ViLT (Kim et al. 2021, arXiv:2102.03334, section 3.2), or hard ones drawn by
 * similarity as in ALBEF (Li et al. 2021, arXiv:2107.07651, section 3.2).
 * Loss: mean over all pairs shown, matched and mismatched.
 */
import { crossEntropy, identity, multinomial } from "../graph/functions.ts";
import { dims } from "../graph/rearrange.ts";
import { allRows, firstRow, gathered, ownRows } from "../graph/share.ts";
import { constant, type Tensor } from "../graph/tensor.ts";
import type { FusedState, ImageState, TextState } from "../models/contracts.ts";
import { joinImages, joinTexts, mapImages, mapTexts } from "../models/rows.ts";
import { linear } from "../nn/linear.ts";
import type { Scope } from "../nn/scope.ts";
import type { ObjectiveOutput } from "./objective.ts";

/** Judges pairs, one row each. */
export interface Matching {
  /** Logits f32[C,2]; column 1 = match. */
  logits(state: Pick<FusedState, "pooled">): Tensor;
  /** `state` is of the pairs; labels f32[C]: 1 = match, 0 = no match. */
  loss(state: Pick<FusedState, "pooled">, labels: Float32Array): ObjectiveOutput;
}

/** R pairs, row by row, of states the towers have computed already: only the fusion runs on new combinations. */
export interface MatchingPairs {
  readonly image: ImageState;
  readonly text: TextState;
  /** f32[R]: 1 = match, 0 = no match. */
  readonly labels: Float32Array;
  /** The rows are so many batches, one below the other. */
  readonly parts: number;
}

/** `width` is that of the fused summary; the head is one linear layer. */
export function itm(at: Scope, c: { readonly width: number }): Matching {
  const head = linear(at.in("head"), { from: c.width, to: 2 });
  const logits = at.layer(({ pooled }: Pick<FusedState, "pooled">) => head(pooled));
  return {
    logits,
    loss: (state, known) => {
      const scores = logits(state);
      const labels = constant("i32", [known.length], known);
      return {
        loss: crossEntropy(scores, labels).mean(0),
        metrics: { accuracy: scores.argmax().equal(labels).cast("f32").mean(0) },
      };
    },
  };
}

/**
 * The first half of the batch, all ranks' together, as it is, the second half with each picture moved to the next text.
 * Batches are in random order, so this is a random draw.
 */
export function randomPairs(image: ImageState, text: TextState): MatchingPairs {
  const { B: own } = dims([image.pooled, "B I"], [text.pooled, "B W"]);
  const B = allRows(own);
  const half = Math.ceil(B / 2);
  const order = Array.from({ length: B }, (_, i) => (i < half ? i : half + ((i - half + 1) % (B - half))));
  // A last half of one picture has nobody to swap with: it takes the first.
  if (B - half === 1) order[half] = 0;
  const rows = ownRows(constant("i32", [B], order));
  const first = firstRow(own);
  const labels = Float32Array.from({ length: own }, (_, i) => (first + i < half ? 1 : 0));
  return { image: mapImages(image, (state) => gathered(state).gather(rows)), text, labels, parts: 1 };
}

/** Every pair as it is, every text with a picture of any rank drawn by its similarity, every picture with a text drawn likewise: 3B rows. */
export function hardPairs(image: ImageState, text: TextState, similarities: Tensor): MatchingPairs {
  const { B } = dims([image.pooled, "B I"], [text.pooled, "B W"]);
  const all = allRows(B);
  dims([similarities, `${all} ${all}`]);
  const others = similarities.sub(identity(all).mul(1e9));
  const pictures = multinomial(ownRows(others.transpose([1, 0]))); // for each text, i32[B]
  const texts = multinomial(ownRows(others)); // for each picture
  const wrongImage = mapImages(image, (rows) => gathered(rows).gather(pictures));
  const wrongText = mapTexts(text, (rows) => gathered(rows).gather(texts));
  return {
    image: joinImages([image, wrongImage, image]),
    text: joinTexts([text, text, wrongText]),
    labels: Float32Array.from({ length: 3 * B }, (_, i) => (i < B ? 1 : 0)),
    parts: 3,
  };
}
