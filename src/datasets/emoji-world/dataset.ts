import { fail } from "../../core/errors.ts";
import type { PictureDataset } from "../contracts.ts";
import { captions } from "./captions.ts";
import { jitter } from "./jitter.ts";
import { answers, questions } from "./questions.ts";
import { render } from "./render.ts";
import { type Scene, scene } from "./scene.ts";
import { type Split, splitSizes } from "./splits.ts";
import type { Sprites } from "./sprites.ts";

/** Emoji World under one seed; the sprites may be shared between threads. */
export function emojiWorld(sprites: Sprites, seed: number, known: number): PictureDataset {
  const sceneOf = (split: string, index: number): Scene => {
    if (!(split in splitSizes)) {
      fail("data", "emoji-world", { expected: `a split: ${Object.keys(splitSizes).join(", ")}`, got: split });
    }
    return scene(split as Split, index, seed, known);
  };
  return {
    answers,
    splits: splitSizes,
    image: (split, index, imageSize, augment) => {
      const image = render(sceneOf(split, index), sprites, imageSize);
      return augment === undefined ? image : jitter(image, imageSize, augment);
    },
    captions: (split, index) => captions(sceneOf(split, index)),
    questions: (split, index, n) => questions(sceneOf(split, index), n),
  };
}
