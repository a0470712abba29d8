/**
 * Masked feature regression: restore the vision tower's features of patches that the fusion does not see, which are
 * hidden together with those that the tower itself finds related, so that they cannot be copied from a neighbour.
 * Xue et al. 2021 (Visual Parsing), arXiv:2106.13488, section 3.2.
 * Loss: squared error, mean over the hidden patches and their channels; 0 where none is hidden. No unit.
 *
 * What could not be checked against the paper is chosen here: how many patches are hidden, that hidden ones are zeros
 * in front of the fusion's own projection, and a head of one linear layer.
 * B pictures, N patches, P = specials + N tokens, I the tower's width.
 */

import { fail } from "../core/errors.ts";
import { weightedMean } from "../graph/functions.ts";
import { dims } from "../graph/rearrange.ts";
import { concat, constant, full, iota, type Tensor } from "../graph/tensor.ts";
import { randomBits } from "../graph/trace.ts";
import type { FusedState, ImageState } from "../models/contracts.ts";
import { linear } from "../nn/linear.ts";
import type { Scope } from "../nn/scope.ts";
import { tokensAt } from "../nn/tokens.ts";
import type { ObjectiveOutput } from "./objective.ts";

/** `rate` is the share of the patches that are hidden, where groups do not overlap. */
export interface HidingConfig {
  readonly rate: number;
  /** Patches hidden together: one drawn at random and those it attends to most. */
  readonly group: number;
}

/** Pictures with some patches hidden from whatever reads `patches`, or `layers` of as many. */
export interface HiddenFeatures {
  readonly image: ImageState;
  /** bool[B,P], true = hidden; never a special token or padding. */
  readonly hidden: Tensor;
}

/** Of a batch, by the attention of the tower's last block; evenly spread in eval mode. `specials` are the tower's. */
export function hideRelated(image: ImageState, specials: number, c: HidingConfig): HiddenFeatures {
  const { B, P } = dims([image.patches, "B P I"]);
  const N = P - specials;
  const related = relations(image, specials); // [B, N, N]
  const keep = image.keep?.slice(1, specials, P);
  const anchors = draw(B, N, Math.max(1, Math.round((c.rate * N) / c.group)), keep); // [B, A]
  const isAnchor = marked(anchors, N);
  const near = Math.min(c.group - 1, N - 1);
  const isNear = near === 0 ? isAnchor : marked(others(related, anchors, near), N);
  const drawn = isAnchor.or(isNear);
  const kept = keep === undefined ? drawn : drawn.and(keep);
  const hidden = specials === 0 ? kept : concat([full(0, "bool", [B, specials]), kept], 1);
  const hide = (tokens: Tensor) => hidden.unsqueeze(2).where(0, tokens);
  const layers = image.layers.map((layer) => (layer.shape[1] === P ? hide(layer) : layer));
  return { image: { ...image, patches: hide(image.patches), layers }, hidden };
}

/** `width` is that of the fused patches, `features` the tower's. */
export function mfr(at: Scope, c: { readonly width: number; readonly features: number }) {
  const head = linear(at.in("head"), { from: c.width, to: c.features });
  /**
   * `targets` f32[B,P,I] are the tower's patches before any were hidden. They get no gradient: else the tower could make
   * them all alike.
   */
  return at.layer(
    ({ patches }: Pick<FusedState, "patches">, hidden: Tensor, targets: Tensor): ObjectiveOutput => {
      dims([patches, "B P F"], [hidden, "B P"], [targets, "B P I"]);
      const off = head(patches).sub(targets.stopGradient());
      return { loss: weightedMean(off.mul(off).mean(2), hidden.where(full(1), full(0))), metrics: {} };
    },
  );
}

/** The mean over heads of the last block's attention, f32[B,N,N]. @throws BifocalError when it stays inside windows. */
function relations({ patches, attention }: ImageState, specials: number): Tensor {
  const weights = attention.at(-1);
  const [B, P] = patches.shape as [number, number];
  if (weights?.rank !== 4 || weights.shape[0] !== B || weights.shape[2] !== P) {
    fail("config", "objective mfr", {
      expected: `a tower whose last block lets all ${P} patches attend to one another`,
      got: `attention of ${weights?.toString() ?? "no block"}`,
      todo: "choose another tower, or a picture size whose last grid is one window",
    });
  }
  return weights.mean(1).slice(1, specials, P).slice(2, specials, P);
}

/** So many places of each picture, kept ones first: i32[B,count]. */
function draw(B: number, N: number, count: number, keep: Tensor | undefined): Tensor {
  const bits = randomBits([B, N]);
  const spread = new Set(Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * N) / count)));
  const rank =
    bits === undefined
      ? constant(
          "f32",
          [1, N],
          Float32Array.from({ length: N }, (_, i) => (spread.has(i) ? 1 : 0)),
        ).expand([B, N])
      : bits
          .cast("f32")
          .mul(2 ** -32)
          .add(0.5);
  return (keep === undefined ? rank : rank.add(keep.where(full(2), full(0)))).topK(count).indices;
}

/** The `count` patches that each anchor [B,A] attends to most, itself left out: i32[B,A*count]. */
function others(related: Tensor, anchors: Tensor, count: number): Tensor {
  const { B, A, N } = dims([related, "B N N"], [anchors, "B A"]);
  const itself = anchors.unsqueeze(2).equal(iota(N)); // [B, A, N]
  const rows = itself.where(-1, tokensAt(related, anchors));
  return rows.topK(count).indices.reshape([B, A * count]);
}

/** bool[B,N]: whether a place is among i32[B,K]. */
function marked(places: Tensor, N: number): Tensor {
  const hits = places.unsqueeze(2).equal(iota(N)).where(full(1), full(0)); // [B, K, N]
  return hits.sum(1).less(0.5).not();
}
