import { fail } from "../../core/errors.ts";
import type { Picture, PictureDataset } from "../contracts.ts";
import { captions } from "./captions.ts";
import { concepts } from "./concepts.ts";
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

/** Emoji World under one seed; the sprites may be shared between threads. `varied`: pictures follow the key they are asked with. */
export function emojiWorld(sprites: Sprites, seed: number, known: number, varied = true): PictureDataset {
  const sceneOf = (split: string, index: number): Scene => scene(checked(split), index, seed, known);
  /** Draws a scene, with one quadrant covered where one is given. */
  const drawn = (scene: Scene, imageSize: number, augment?: number, covered?: number): Uint8Array => {
    const image = render(scene, sprites, imageSize);
    if (covered !== undefined) coverQuadrant(image, imageSize, covered);
    return augment === undefined || !varied ? image : jitter(image, imageSize, augment);
  };
  const pictureOf = (scene: Scene, id: number | string, covered?: number): Picture => ({
    id: `${id}`,
    pixels: async (imageSize, augment) => drawn(scene, imageSize, augment, covered),
  });
  return {
    name: "emoji-world",
    answers,
    splits: splitSizes,
    longTexts: "error",
    forms: {
      pictures: async (split, index) => pictureOf(sceneOf(split, index), index),
      captions: async (split, index) => {
        const scene = sceneOf(split, index);
        return { picture: pictureOf(scene, index), captions: captions(scene) };
      },
      texts: async (split, index) => {
        const all = captions(sceneOf(split, index));
        return all[index % all.length]!;
      },
      questions: async (split, index, n) => {
        const scene = sceneOf(split, index);
        return { picture: pictureOf(scene, index), questions: questions(scene, n) };
      },
      statements: async (split, index) => {
        const { text, truth, kind, scenes } = statement(checked(split), index, seed, known);
        const pictures = scenes.map((scene, k) => pictureOf(scene, `${index}-${k}`));
        return { question: text, answer: truth ? "true" : "false", kind, pictures };
      },
      hypotheses: async (split, index) => {
        const { text, verdict, kind, scene, covered } = hypothesis(checked(split), index, seed, known);
        return { question: text, answer: verdict, kind, pictures: [pictureOf(scene, index, covered)] };
      },
      classes: async (split, index) => {
        const { objects, ...scene } = sceneOf(split, index);
        const [thing] = objects;
        const label = concepts[thing!.concept]!.name;
        return { picture: pictureOf({ ...scene, objects: [thing!] }, index), label };
      },
      references: async (split, index) => {
        const { text, kind, scene, target } = reference(checked(split), index, seed, known);
        const boxes = scene.objects.map(({ x, y, side }) => ({ x, y, width: side, height: side }));
        const whole = async (imageSize: number, augment?: number) => {
          const side = 2 * imageSize;
          return {
            data: drawn(scene, side, augment),
            height: side,
            width: side,
            unit: [side, side] as const,
          };
        };
        return { expression: text, kind, whole, boxes, target };
      },
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
