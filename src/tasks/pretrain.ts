/**
 * Pretraining on captions, or on pictures and texts alone: any objectives together, all of them on every batch, each
 * loss times its weight.
 * As in METER (Dou et al. 2022, arXiv:2111.02387, section 3.2), with contrast and hard negatives as in ALBEF
 * (Li et al. 2021, arXiv:2107.07651, section 3.2). Selection: validation loss.
 */
import { fail } from "../core/errors.ts";
import { held } from "../graph/share.ts";
import type { Tensor } from "../graph/tensor.ts";
import { inParts } from "../graph/trace.ts";
import type { DualModel, FusionModel, ImageInput, ImageState } from "../models/contracts.ts";
import { needDecoder, needFusion } from "../models/index.ts";
import { mapImages, mapTexts } from "../models/rows.ts";
import { coloursOf } from "../nn/pixels.ts";
import type { Scope } from "../nn/scope.ts";
import { hardPairs, itm, randomPairs } from "../objectives/itm.ts";
import { lm } from "../objectives/lm.ts";
import { hideRelated, mfr } from "../objectives/mfr.ts";
import { mlm } from "../objectives/mlm.ts";
import type { ObjectiveOutput } from "../objectives/objective.ts";
import { wpa } from "../objectives/wpa.ts";
import { imageInput } from "./pictures.ts";
import { aloneObjectives } from "./pretrain/alone.ts";
import type { BatchTensors } from "./pretrain/batch.ts";
import { apart, type PretrainConfig } from "./pretrain/config.ts";
import { modelContrast } from "./pretrain/contrast.ts";
import { patchChoice, patchCodes, patchColours } from "./pretrain/hidden-image.ts";
import { patchPainting } from "./pretrain/removed-image.ts";
import type { Primary, Sizes, TaskOutput } from "./task.ts";

export { pretrainBatch } from "./pretrain/batch.ts";
export { apart, type PretrainConfig } from "./pretrain/config.ts";

/** The weighted sum of the losses. */
export const pretrainPrimary: Primary = { metric: "loss", better: "lower" };

/**
 * Declares the objectives' heads; returns them and the loss of a batch.
 * @throws BifocalError when the model lacks what an objective reads; some show when the loss is traced.
 */
export function pretrain(at: Scope, model: DualModel | FusionModel, all: PretrainConfig, sizes: Sizes) {
  const { paired: c, alone } = apart(all);
  const ofOne = aloneObjectives(at, model, alone, sizes);
  const fusionFor = (name: keyof PretrainConfig) => needFusion(model, `objective ${name}`);
  const widthFor = (name: keyof PretrainConfig) => fusionFor(name).fusedWidths.words;
  const words = c.mlm && mlm(at.in("mlm"), { width: widthFor("mlm"), vocab: sizes.vocab });
  const writer = c.span && needDecoder(model, "objective span");
  const matching = c.itm && itm(at.in("itm"), { width: fusionFor("itm").fusedWidths.pooled });
  const contrast = c.itc && modelContrast(at, model, c.itc.width);
  const colours = c.mpp && patchColours(at.in("mpp"), model, widthFor("mpp"), sizes);
  const painting =
    c.mimPixel && patchPainting(at.in("mimPixel"), model, widthFor("mimPixel"), c.mimPixel.decoder, sizes);
  const choice = c.mimInBatch && patchChoice(at.in("mimInBatch"), model, widthFor("mimInBatch"), sizes);
  const codes =
    c.mimCodes && patchCodes(at.in("mimCodes"), model, widthFor("mimCodes"), c.mimCodes.codebook, sizes);
  const features = c.mfr && mfr(at.in("mfr"), { width: widthFor("mfr"), features: model.widths.image });
  if (c.itm?.negatives === "hard" && contrast === undefined) {
    fail("config", "objective itm", { expected: "itc, which hard negatives are drawn by", got: "none" });
  }
  if (c.wpa && matching === undefined) {
    fail("config", "objective wpa", { expected: "itm, whose pairs are aligned", got: "none" });
  }

  /** Adds the objectives on pairs to `outputs`. */
  const addPaired = (
    given: BatchTensors,
    input: ImageInput,
    outputs: Partial<Record<keyof PretrainConfig, ObjectiveOutput>>,
  ): void => {
    const { keep } = given;
    const visible = painting?.encode(input, given.removalNoise);
    const ownImage = visible ?? model.encodeImage(input);
    const ownText = model.encodeText({ ids: given.ids, keep });
    // Where ranks show each other what the towers found, the rest reads it from there.
    const isShown = (c.itm ?? c.itc) !== undefined;
    const image = isShown ? mapImages(ownImage, held) : ownImage;
    const text = isShown ? mapTexts(ownText, held) : ownText;
    const join = (seen: ImageState) => needFusion(model, "hidden patches").fuse(seen, text);
    const shown = { image: coloursOf(given.image), input, join };
    const contrasted = contrast?.loss(ownImage, ownText);
    if (contrasted) outputs.itc = contrasted;
    const masked = words && fusionFor("mlm").fuse(image, model.encodeText({ ids: given.maskedIds, keep }));
    if (words && masked) outputs.mlm = words.loss(masked, given);
    if (writer) {
      const seen = writer.encodeText({ ids: given.spanIds, keep: given.spanKeep });
      const logits = writer.decoder.write(given.spanInputs, writer.decoder.read(image, seen));
      outputs.span = lm(logits, { labels: given.spanLabels, weights: given.spanWeights });
    }
    if (c.itm && matching) {
      const pairs =
        c.itm.negatives === "hard" && contrasted
          ? hardPairs(image, text, contrasted.similarities)
          : randomPairs(image, text);
      const fused = inParts(pairs.parts, () => fusionFor("itm").fuse(pairs.image, pairs.text));
      outputs.itm = matching.loss(fused, pairs.labels);
      if (c.wpa) outputs.wpa = wpa(fused, pairs, model.specials, c.wpa);
    }
    if (colours) outputs.mpp = colours(shown, given);
    if (painting && visible) {
      // Where words are masked, the patches are painted in the same pass (VLC, Gui et al. 2022, arXiv:2205.09256).
      const fused = masked ?? fusionFor("mimPixel").fuse(image, text);
      outputs.mimPixel = painting.loss(fused, visible.removal, input.pixels);
    }
    if (choice) outputs.mimInBatch = choice(shown, given);
    if (codes) outputs.mimCodes = codes(shown, given);
    if (c.mfr && features) {
      const { image: seen, hidden } = hideRelated(ownImage, model.specials, c.mfr);
      outputs.mfr = features(fusionFor("mfr").fuse(seen, text), hidden, ownImage.patches);
    }
  };

  const loss = (batch: Readonly<Record<string, Tensor>>): TaskOutput => {
    const given = batch as BatchTensors;
    const input = "image" in batch ? imageInput(given.image, model.colours, sizes) : undefined;
    const outputs = { ...ofOne(given, input) };
    if (input !== undefined && Object.keys(c).length > 0) addPaired(given, input, outputs);
    return weightedSum(outputs, all);
  };
  return { kind: "pretrain" as const, model, words, matching, contrast: contrast?.contrast, loss };
}

function weightedSum(
  outputs: Partial<Record<keyof PretrainConfig, ObjectiveOutput>>,
  c: PretrainConfig,
): TaskOutput {
  const metrics: Record<string, Tensor> = {};
  let loss: Tensor | undefined;
  for (const [name, output] of Object.entries(outputs)) {
    const part = output.loss.mul(c[name as keyof PretrainConfig]!.weight);
    loss = loss === undefined ? part : loss.add(part);
    metrics[`${name}/loss`] = output.loss;
    for (const [metric, value] of Object.entries(output.metrics)) metrics[`${name}/${metric}`] = value;
  }
  return { loss: loss!, metrics };
}
