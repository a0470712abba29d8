/**
 * Two towers and a contrast, on Emoji World captions.
 *
 * Command: bifocal train dual-encoder-tiny --out runs/dual-encoder-tiny
 */
import { meterTiny } from "./meter-tiny.ts";
import type { Recipe } from "./recipe.ts";

/** The towers of meter-tiny without its fusion, so that contrast is all there is to learn from. */
export const dualEncoderTiny: Recipe = {
  ...meterTiny,
  name: "dual-encoder-tiny",
  description: "two towers with 1 M parameters, trained by contrast (ITC) on Emoji World captions",
  model: {
    kind: "dual-encoder",
    std: meterTiny.model.std,
    image: meterTiny.model.image,
    text: meterTiny.model.text,
  },
  task: { kind: "pretrain", itc: { weight: 1, width: 64 } },
  train: { ...meterTiny.train, steps: 1000 },
};
