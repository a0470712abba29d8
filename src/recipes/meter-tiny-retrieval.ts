/**
 * Retrieval on Emoji World by ranking a caption before 15 random ones, from a pretrained meter-tiny.
 *
 * Command: bifocal train meter-tiny-retrieval --from runs/meter-tiny --out runs/meter-tiny-retrieval
 */
import { meterTiny } from "./meter-tiny.ts";
import type { Recipe } from "./recipe.ts";

/** The matching head goes on from pretraining; its match column is the score. */
export const meterTinyRetrieval: Recipe = {
  ...meterTiny,
  name: "meter-tiny-retrieval",
  description: "METER with 1.7 M parameters, fine-tuned to rank captions of Emoji World",
  task: { kind: "retrieval", by: "rank", textsPerImage: 16 },
  train: { ...meterTiny.train, steps: 400, batch: 6 },
};
