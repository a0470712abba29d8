/**
 * Masked image modelling by choice: which of all patches of the batch stood at a hidden place, given the rest of the
 * picture and its text? Dou et al. 2022 (METER), arXiv:2111.02387, section 3.2, who found that it does not help; their
 * code has not got it.
 * Loss: cross entropy of the hidden patch among the B*N patches of the batch, mean over the hidden patches.
 *
 * What the paper leaves open is chosen here: a patch is represented by a linear layer on its pixels, without its place,
 * which would give the answer away, and scores are divided by the root of the width.
 */
import { crossEntropy, weightedAccuracy, weightedMean } from "../graph/functions.ts";
import { dims } from "../graph/rearrange.ts";
import { firstRow, gathered } from "../graph/share.ts";
import { full, type Tensor } from "../graph/tensor.ts";
import type { FusedState } from "../models/contracts.ts";
import { patchEmbedding } from "../nn/embedding.ts";
import type { Scope } from "../nn/scope.ts";
import { type HiddenPatches, hiddenStates } from "./hidden-patches.ts";
import type { ObjectiveOutput } from "./objective.ts";

/** `width` is that of the fused patches, `patch` the side of what each of them stands for, in pixels. */
export function mimInBatch(at: Scope, c: { readonly width: number; readonly patch: number }) {
  const represent = patchEmbedding(at.in("candidates"), { ...c, bias: true });
  /** `pixels` f32[B,3,Y,X] are the pictures before patches were hidden; `specials` tokens stand in front of `patches`. */
  return at.layer(
    (
      { patches }: Pick<FusedState, "patches">,
      hidden: HiddenPatches,
      pixels: Tensor,
      specials: number,
    ): ObjectiveOutput => {
      const candidates = represent(pixels); // [B, N, F]
      const { B, N } = dims([candidates, "B N F"]);
      dims([patches, `${B} ${specials + N} ${c.width}`]);
      const logits = hiddenStates(patches, hidden, specials).matmul(
        gathered(candidates).reshape([-1, c.width]),
        {
          transB: true,
          alpha: 1 / Math.sqrt(c.width),
        },
      ); // [M, B N of all ranks]
      const labels = hidden.positions.add(full(firstRow(B) * N, "i32"));
      return {
        loss: weightedMean(crossEntropy(logits, labels), hidden.weights),
        metrics: { accuracy: weightedAccuracy(logits, labels, hidden.weights) },
      };
    },
  );
}
