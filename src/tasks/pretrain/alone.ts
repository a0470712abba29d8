/** Objectives on pictures alone and on texts alone, which need not belong together. */
import type { DualModel, ImageInput } from "../../models/contracts.ts";
import { coloursOf } from "../../nn/pixels.ts";
import type { Scope } from "../../nn/scope.ts";
import { mlm } from "../../objectives/mlm.ts";
import type { ObjectiveOutput } from "../../objectives/objective.ts";
import type { Sizes } from "../task.ts";
import type { BatchTensors } from "./batch.ts";
import type { PretrainConfig } from "./config.ts";
import { patchChoice, patchCodes, patchColours } from "./hidden-image.ts";
import { patchPainting } from "./removed-image.ts";

/**
 * Declares the heads of what `c` names and returns the losses of a batch; `input` are its pictures as the model
 * reads them, undefined where it has none. Paths are those of the same objectives on pairs, so that a later stage takes the heads
 * over where they fit.
 */
export function aloneObjectives(at: Scope, model: DualModel, c: PretrainConfig, sizes: Sizes) {
  const { image: width } = model.widths;
  const words = c.mlm && mlm(at.in("mlm"), { width: model.widths.text, vocab: sizes.vocab });
  const colours = c.mpp && patchColours(at.in("mpp"), model, width, sizes);
  const painting = c.mimPixel && patchPainting(at.in("mimPixel"), model, width, c.mimPixel.decoder, sizes);
  const choice = c.mimInBatch && patchChoice(at.in("mimInBatch"), model, width, sizes);
  const codes = c.mimCodes && patchCodes(at.in("mimCodes"), model, width, c.mimCodes.codebook, sizes);

  return (
    given: BatchTensors,
    input: ImageInput | undefined,
  ): Partial<Record<keyof PretrainConfig, ObjectiveOutput>> => {
    const read = words && model.encodeText({ ids: given.maskedIds, keep: given.keep });
    const shown = input && { image: coloursOf(given.image), input, join: <T>(image: T): T => image };
    const visible = input && painting?.encode(input, given.removalNoise);
    return {
      ...(words && read && { mlm: words.loss(read, given) }),
      ...(colours && shown && { mpp: colours(shown, given) }),
      ...(painting &&
        visible &&
        input && { mimPixel: painting.loss(visible, visible.removal, input.pixels) }),
      ...(choice && shown && { mimInBatch: choice(shown, given) }),
      ...(codes && shown && { mimCodes: codes(shown, given) }),
    };
  };
}
