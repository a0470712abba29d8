/**
 * METER at the size of the paper with random weights, at the paper's smaller picture size (Dou et al. 2022,
 * arXiv:2111.02387, sections 3 and 4.1): for plans and benchmarks on a machine without network.
 */
import { meter } from "./meter.ts";
import type { Recipe } from "./recipe.ts";

const { from: _image, ...image } = meter.model.image;
const { from: _text, tokenizer: _, ...text } = meter.model.text;

/** As `meter`, from scratch on the embedded data, with a tokenizer learned from them. */
export const meterBase: Recipe = {
  ...meter,
  name: "meter-base",
  description: "METER with 319 M parameters from random weights, pictures of 224 pixels",
  model: { ...meter.model, image: { ...image, imageSize: 224 }, text },
  data: { kind: "emoji-world", seed: 7, concepts: 32 },
};
