/** Pictures of which the model does not see some patches, and the objectives that ask about those. */
import { fail } from "../../core/errors.ts";
import { full, type Tensor } from "../../graph/tensor.ts";
import type { DualModel, FusedState, ImageInput, ImageState } from "../../models/contracts.ts";
import type { CodebookConfig } from "../../models/index.ts";
import { normal } from "../../nn/init.ts";
import type { Scope } from "../../nn/scope.ts";
import { type HiddenPatches, hiddenPlaces, hidePixels } from "../../objectives/hidden-patches.ts";
import { mimCodes } from "../../objectives/mim-codes.ts";
import { mimInBatch } from "../../objectives/mim-in-batch.ts";
import { meanColours, mpp } from "../../objectives/mpp.ts";
import type { Sizes } from "../task.ts";
import { codebook } from "./codebook.ts";
import type { Given } from "./fields.ts";
import { type chosenPatches, type drawnPatches, patchesOf } from "./hidden-patches.ts";

/** What these objectives read of a batch. */
export interface Shown {
  /** Colours u8[B,S,S,3], and the same as the model reads them. */
  readonly image: Tensor;
  readonly input: ImageInput;
  /** The state that is asked about: that of the picture with its text, or of the picture alone. */
  readonly join: (image: ImageState) => Pick<FusedState, "patches">;
}

/** Masked patch prediction; here and below `width` is that of the state that is asked about. */
export function patchColours(at: Scope, model: DualModel, width: number, sizes: Sizes) {
  const read = hiddenReader(at, model, sizes, "mpp");
  const ask = mpp(at, { width });
  return ({ image, input, join }: Shown, given: Given<ReturnType<typeof chosenPatches>>) => {
    const state = read(input, given.hiddenPatches);
    const own = state.keep?.slice(1, model.specials, state.keep.shape[1]!);
    const chosen = own === undefined ? given.chosenPatches : given.chosenPatches.and(own);
    return ask(join(state), { chosen, colours: meanColours(image, sizes.patch) }, model.specials);
  };
}

/** Masked image modelling among the patches of the batch. */
export function patchChoice(at: Scope, model: DualModel, width: number, sizes: Sizes) {
  const read = hiddenReader(at, model, sizes, "mimInBatch");
  const ask = mimInBatch(at, { width, patch: sizes.patch });
  return ({ input, join }: Shown, given: Given<ReturnType<typeof drawnPatches<"inBatchPlaces">>>) => {
    const { hidden, places } = allHidden(given.inBatchPlaces, sizes);
    return ask(join(read(input, places)), hidden, input.pixels, model.specials);
  };
}

/** Masked image modelling by codes. */
export function patchCodes(at: Scope, model: DualModel, width: number, c: CodebookConfig, sizes: Sizes) {
  const read = hiddenReader(at, model, sizes, "mimCodes");
  const codesOf = codebook(at.in("codebook"), c, sizes);
  const ask = mimCodes(at, { width, codes: c.codes });
  return ({ image, input, join }: Shown, given: Given<ReturnType<typeof drawnPatches<"codePlaces">>>) => {
    const { hidden, places } = allHidden(given.codePlaces, sizes);
    const labels = codesOf(image).gather(hidden.positions);
    return ask(join(read(input, places)), hidden, labels, model.specials);
  };
}

/** i32[M] rows of the flattened [B*N], all of them filled. */
function allHidden(positions: Tensor, sizes: Sizes): { hidden: HiddenPatches; places: Tensor } {
  const hidden = { positions, weights: full(1, "f32", positions.shape) };
  return { hidden, places: hiddenPlaces(hidden, sizes.batch, patchesOf(sizes)) };
}

/**
 * Reads pictures without the patches at bool[B,N]: a trained vector stands in their place where the model
 * has such a place, the mean colour elsewhere.
 * @throws BifocalError when the model's patches are not those of the picture, row by row.
 */
function hiddenReader(at: Scope, model: DualModel, sizes: Sizes, objective: string) {
  const { encodeHidden } = model;
  const vector = encodeHidden && at.param("vector", [model.widths.image], normal(at.std));
  const N = patchesOf(sizes);
  return (input: ImageInput, places: Tensor): ImageState => {
    const state =
      encodeHidden === undefined || vector === undefined
        ? model.encodeImage({ ...input, pixels: hidePixels(input.pixels, places, sizes.patch) })
        : encodeHidden(input, places, vector);
    const found = state.patches.shape[1]! - model.specials;
    if (found === N && sizes.imageSize % sizes.patch === 0) return state;
    return fail("config", `objective ${objective}`, {
      expected: `a model that reads all patches of the picture, ${sizes.patch} pixels wide`,
      got: `${found} of them in ${sizes.imageSize} by ${sizes.imageSize} pixels`,
      todo: "choose another picture size, let the model remove none, or drop the objective",
    });
  };
}
