/**
 * Statements about two pictures of Emoji World, from a meter-tiny that has learned to answer questions.
 *
 * Command: bifocal train meter-tiny-nlvr2 --from runs/meter-tiny-vqa --out runs/meter-tiny-nlvr2
 */
import { meterTiny, meterTinyModel } from "./meter-tiny.ts";
import type { Recipe } from "./recipe.ts";

/** The mark of the second picture starts as that of the first. */
export const meterTinyNlvr2: Recipe = {
  ...meterTiny,
  name: "meter-tiny-nlvr2",
  description: "METER with 1.7 M parameters, fine-tuned to judge statements about two pictures",
  model: { ...meterTinyModel, pictures: 2 },
  task: { kind: "nlvr2" },
  train: {
    ...meterTiny.train,
    steps: 1000,
    batch: 64,
    textLength: 12,
    // One bit a pair of pictures says little: at the rate of the other recipes its noise undoes what was learned before.
    optimizer: { ...meterTiny.train.optimizer, lr: 1.5e-4 },
  },
};
