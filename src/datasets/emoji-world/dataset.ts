import { fail } from "../../core/errors.ts";
import type { Picture, PictureDataset } from "../contracts.ts";
import { captions } from "./captions.ts";
import { coverQuadrant } from "./cover.ts";
import { hypothesis } from "./hypotheses.ts";
import { jitter } from "./jitter.ts";
import { answers, questions } from "./questions.ts";
import { reference } from "./references.ts";
import { render } from "./render.ts";
import { type Scene, scene } from "./scene.ts";
import { type Split, splitSizes } from "./splits.ts";
import type { Sprites } from "./sprites.ts";
import { statement } from "./statements.ts";

/** Emoji World under one seed; the sprites may be shared between threads. */
export function emojiWorld(sprites: Sprites, seed: number, known: number): PictureDataset {
  const sceneOf = (split: string, index: number): Scene => scene(checked(split), index, seed, known);
  /** Draws a scene, with one quadrant covered where one is given. */
  const pictureOf =
    (drawn: Scene, covered?: number): Picture =>
    (imageSize, augment) => {
      const image = render(drawn, sprites, imageSize);
      if (covered !== undefined) coverQuadrant(image, imageSize, covered);
      return augment === undefined ? image : jitter(image, imageSize, augment);
    };
  return {
    answers,
    splits: splitSizes,
    image: (split, index, imageSize, augment) => pictureOf(sceneOf(split, index))(imageSize, augment),
    captions: (split, index) => captions(sceneOf(split, index)),
    questions: (split, index, n) => questions(sceneOf(split, index), n),
    statement: (split, index) => {
      const { text, truth, kind, scenes } = statement(checked(split), index, seed, known);
      const pictures = scenes.map((drawn) => pictureOf(drawn));
      return { question: text, answer: truth ? "true" : "false", kind, pictures };
    },
    hypothesis: (split, index) => {
      const { text, verdict, kind, scene, covered } = hypothesis(checked(split), index, seed, known);
      return { question: text, answer: verdict, kind, pictures: [pictureOf(scene, covered)] };
    },
    reference: (split, index) => {
      const { text, kind, scene, target } = reference(checked(split), index, seed, known);
      const boxes = scene.objects.map(({ x, y, side }) => ({ x, y, width: side, height: side }));
      return { expression: text, kind, picture: pictureOf(scene), boxes, target };
    },
  };
}

function checked(split: string): Split {
  if (split in splitSizes) return split as Split;
  return fail("data", "emoji-world", {
    expected: `a split: ${Object.keys(splitSizes).join(", ")}`,
    got: split,
  });
}
