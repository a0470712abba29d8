/**
 * Emoji World: pictures composed from emoji art, with captions and questions whose truth is known.
 *
 * Home pages and licences of the art, which is read from npm packages and not part of this repository:
 * - Twemoji, https://github.com/jdecked/twemoji, graphics CC BY 4.0, by `@twemoji/svg` (its own files: MIT)
 * - OpenMoji, https://openmoji.org, CC BY-SA 4.0, by `openmoji`. Cite: Gross, Utz & the OpenMoji Contributors,
 *   "OpenMoji", 2018
 * - Noto Emoji, https://github.com/googlefonts/noto-emoji, images Apache 2.0, by `@svgmoji/noto` (its own files: MIT)
 *
 * Splits, in scenes: train 1,000,000; val 2,000; test 4,000; test-combinations 4,000; test-style 4,000.
 * Training, validation and test scenes use Twemoji and OpenMoji; test-style is Noto's alone.
 * Folder tree: none, scenes are made on demand from a seed.
 */
export { emojiWorld } from "./dataset.ts";
export { answers } from "./questions.ts";
export { splitSizes } from "./splits.ts";
export { loadSprites, type Sprites } from "./sprites.ts";
export { trainingText } from "./training-text.ts";
