/**
 * Visual question answering on Emoji World, from a pretrained meter-tiny.
 *
 * Command: bifocal train meter-tiny-vqa --from runs/meter-tiny --out runs/meter-tiny-vqa
 */
import { meterTiny } from "./meter-tiny.ts";
import type { Recipe } from "./recipe.ts";

/** Second stage of the demonstration: the answer head is new, all below it comes from the run given by --from. */
export const meterTinyVqa: Recipe = {
  ...meterTiny,
  name: "meter-tiny-vqa",
  description: "METER with 1.7 M parameters, fine-tuned to answer questions about Emoji World",
  task: { kind: "vqa", questionsPerImage: 4 },
  train: { ...meterTiny.train, steps: 850, batch: 16, textLength: 12 },
};
