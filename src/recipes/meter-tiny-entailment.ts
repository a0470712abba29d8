/**
 * Hypotheses about partly covered pictures of Emoji World, from a pretrained meter-tiny.
 *
 * Command: bifocal train meter-tiny-entailment --from runs/meter-tiny --out runs/meter-tiny-entailment
 */
import { meterTiny } from "./meter-tiny.ts";
import type { Recipe } from "./recipe.ts";

/** Like question answering, with three verdicts for answers. */
export const meterTinyEntailment: Recipe = {
  ...meterTiny,
  name: "meter-tiny-entailment",
  description: "METER with 1.7 M parameters, fine-tuned to judge whether pictures entail hypotheses",
  task: { kind: "entailment" },
  train: { ...meterTiny.train, steps: 1500, batch: 32, textLength: 12 },
};
