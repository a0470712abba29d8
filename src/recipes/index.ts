import { dualEncoderTiny } from "./dual-encoder-tiny.ts";
import { meterBase } from "./meter-base.ts";
import { meterTiny } from "./meter-tiny.ts";
import { meterTinyVqa } from "./meter-tiny-vqa.ts";
import type { Recipe } from "./recipe.ts";

/** Every recipe by name. */
export const recipes: Readonly<Record<string, Recipe>> = Object.fromEntries(
  [meterTiny, meterTinyVqa, dualEncoderTiny, meterBase].map((recipe) => [recipe.name, recipe]),
);
