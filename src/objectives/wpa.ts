/**
 * Word-patch alignment: what it costs to lay a text's words onto its picture's patches, where a step costs
 * 1 - cos(word, patch). Kim et al. 2021 (ViLT), arXiv:2102.03334, section 3.2, after Chen et al. 2020 (UNITER),
 * arXiv:1909.11740. The plan is found by inexact proximal point iterations (Xie et al. 2018,
 * arXiv:1802.04307, algorithm 1) and held fixed for the gradient.
 * Loss: the sum over matched pairs less the sum over mismatched ones, over the number of pairs; no unit.
 * C pairs, T words, P patches, F width.
 */
import { unitNorm, weightedMean } from "../graph/functions.ts";
import { dims } from "../graph/rearrange.ts";
import { concat, constant, full, iota, type Tensor } from "../graph/tensor.ts";
import type { FusedState, ImageState, TextState } from "../models/contracts.ts";
import type { ObjectiveOutput } from "./objective.ts";

/** C pairs as matching shows them. */
export interface AlignedPairs {
  readonly image: Pick<ImageState, "keep">;
  readonly text: Pick<TextState, "keep">;
  /** f32[C]: 1 = match, 0 = no match. */
  readonly labels: Float32Array;
}

/** `specials` is the model's; the pairs are those that `fused` is of. Loss and mean cost of matched and mismatched pairs. */
export function wpa(
  fused: Pick<FusedState, "words" | "patches">,
  { image, text, labels }: AlignedPairs,
  specials: number,
  options?: TransportOptions,
): ObjectiveOutput {
  const { C } = dims([fused.words, "C T F"], [fused.patches, "C P F"], [text.keep, "C T"]);
  const patches = patchesIn(fused.patches, image.keep, specials);
  const { cost, plan } = alignment(fused, contentOf(text.keep), patches, options);
  const distances = cost.mul(plan).sum([1, 2]); // [C]
  const mean = (label: number) => {
    const rows = Float32Array.from(labels, (other) => (other === label ? 1 : 0));
    return weightedMean(distances, constant("f32", [C], rows));
  };
  const signs = constant(
    "f32",
    [C],
    Float32Array.from(labels, (label) => (label === 1 ? 1 : -1)),
  );
  return {
    loss: distances.mul(signs).mean(0),
    metrics: { matched: mean(1), mismatched: mean(0) },
  };
}

/** Words between the first token and the last, the special ones: keep bool[C,T], padding behind, to bool[C,T]. */
export function contentOf(keep: Tensor): Tensor {
  const { C, T } = dims([keep, "C T"]);
  const isFollowed = concat([keep.slice(1, 1, T), full(0, "bool", [C, 1])], 1);
  return keep.and(isFollowed).and(iota(T).equal(0).not());
}

/** Patches f32[C,P,F] that show a part of the picture, neither special nor padding: bool[C,P]. */
export function patchesIn(patches: Tensor, keep: Tensor | undefined, specials: number): Tensor {
  const { C, P } = dims([patches, "C P F"], ...(keep ? [[keep, "C P"] as const] : []));
  const behind = iota(P).less(specials).not().expand([C, P]);
  return keep === undefined ? behind : behind.and(keep);
}

/** How far the plan may move at a step (more: less far), and how many steps are made: 0.5 and 50 when absent, as in ViLT. */
export interface TransportOptions {
  readonly beta?: number | undefined;
  readonly steps?: number | undefined;
}

/**
 * Costs and plan of each pair, both f32[C,T,P]: words and patches that take part, bool[C,T] and bool[C,P], weigh as
 * much as each other and 1 in all. Both are 0 elsewhere. The plan has no gradient.
 */
export function alignment(
  { words, patches }: Pick<FusedState, "words" | "patches">,
  wordKeep: Tensor,
  patchKeep: Tensor,
  { beta = 0.5, steps = 50 }: TransportOptions = {},
): { cost: Tensor; plan: Tensor } {
  const { C, T, P } = dims([wordKeep, "C T"], [patchKeep, "C P"], [words, "C T F"], [patches, "C P F"]);
  const takesPart = wordKeep.reshape([C, T, 1]).and(patchKeep.reshape([C, 1, P]));
  const cosine = unitNorm(words).matmul(unitNorm(patches), { transB: true }); // [C, T, P]
  const cost = takesPart.where(full(1).sub(cosine), 0);

  const count = (keep: Tensor) => keep.cast("f32").sum(1, true).maximum(1).unsqueeze(2); // [C, 1, 1]
  const [ofWords, ofPatches] = [count(wordKeep), count(patchKeep)];
  // Where nothing takes part there is nothing to share out: the floor keeps 0 / 0 out.
  const share = (count: Tensor, mass: Tensor) => count.mul(mass).maximum(1e-30).reciprocal();
  const closeness = takesPart.where(
    cost
      .stopGradient()
      .mul(-1 / beta)
      .exp(),
    0,
  );
  let plan = takesPart.cast("f32");
  let byWord = wordKeep.cast("f32").unsqueeze(2).div(ofWords); // [C, T, 1]
  for (let step = 0; step < steps; step++) {
    const next = closeness.mul(plan);
    const byPatch = share(ofPatches, next.matmul(byWord, { transA: true })); // [C, P, 1]
    byWord = share(ofWords, next.matmul(byPatch));
    plan = next.mul(byWord).mul(byPatch.swap(1, 2));
  }
  return { cost, plan: plan.stopGradient() };
}
