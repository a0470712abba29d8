/**
 * Referring expressions on Emoji World, from a pretrained meter-tiny.
 *
 * Command: bifocal train meter-tiny-referring --from runs/meter-tiny --out runs/meter-tiny-referring
 */
import { meterTiny } from "./meter-tiny.ts";
import type { Recipe } from "./recipe.ts";

/** No scene has more than four things. */
export const meterTinyReferring: Recipe = {
  ...meterTiny,
  name: "meter-tiny-referring",
  description: "METER with 1.7 M parameters, fine-tuned to find the box that an expression means",
  task: { kind: "referring", candidates: 4 },
  train: { ...meterTiny.train, steps: 800, batch: 12, textLength: 12 },
};
