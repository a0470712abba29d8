/**
 * METER in small as an encoder-decoder: spans are hidden instead of words, and a decoder writes them.
 *
 * Command: bifocal train meter-tiny-decoder --out runs/meter-tiny-decoder
 */
import { meterTiny, meterTinyModel } from "./meter-tiny.ts";
import type { Recipe } from "./recipe.ts";

const { kind: _, width: __, ...blocks } = meterTinyModel.fusion;

/** meter-tiny and a decoder, whose blocks are like the fusion's. */
export const meterTinyDecoder: Recipe = {
  ...meterTiny,
  name: "meter-tiny-decoder",
  description:
    "METER with 2.1 M parameters and a decoder, pretrained on Emoji World captions (spans, ITM, ITC)",
  model: { ...meterTinyModel, decoder: blocks },
  task: {
    kind: "pretrain",
    span: { weight: 1, rate: 0.3, length: 3 },
    itm: { weight: 1, negatives: "random" },
    itc: { weight: 1, width: 64 },
  },
};
