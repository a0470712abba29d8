/**
 * What pictures of one thing show, from a pretrained meter-tiny; with --set 'train.freeze=[model]' a linear probe.
 *
 * Command: bifocal train meter-tiny-classification --from runs/meter-tiny --out runs/meter-tiny-classification
 */
import { meterTiny } from "./meter-tiny.ts";
import type { Recipe } from "./recipe.ts";

/** Only the image tower learns, and a linear layer on it. */
export const meterTinyClassification: Recipe = {
  ...meterTiny,
  name: "meter-tiny-classification",
  description: "METER with 1.7 M parameters, its image tower fine-tuned to name the thing in a picture",
  task: { kind: "classification" },
  train: { ...meterTiny.train, steps: 300, batch: 32 },
};
