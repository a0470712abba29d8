import { type Rng, rng } from "../../core/rng.ts";
import { article, backgroundOf, listed, naming, placeOf, relations } from "./phrases.ts";
import type { Scene, SceneObject } from "./scene.ts";

/**
 * Five true sentences about a scene in random order, as COCO has five captions a picture. Each names all objects;
 * sizes, places or the background tell most scenes apart. Only two name the background: where every caption does, a
 * contrast is won by colours alone and objects are learned late. At most 30 words and punctuation marks.
 */
export function captions(scene: Scene): string[] {
  const draw = rng("captions", scene.key);
  const background = backgroundOf(scene);
  const ending = `on ${article(background)} ${background} background`;
  const templates = [plain, sized, placed, backgroundFirst, related];
  return draw.shuffle(templates.map((template) => template(draw.shuffle(scene.objects), ending, draw)));
}

type Template = (objects: readonly SceneObject[], ending: string, draw: Rng) => string;

/** A single object says too little: its place is added. */
function place(objects: readonly SceneObject[]): string {
  return objects.length === 1 ? ` in the ${placeOf(objects[0]!)}` : "";
}

const plain: Template = (objects) => `${naming(objects, false)}${place(objects)}`;

const sized: Template = (objects, ending) => `${naming(objects, true)} ${ending}`;

/** Of many objects only the first two: places take four words. */
const placed: Template = (objects) =>
  listed(
    objects.map((object, i) => `${naming([object], false)}${i < 2 ? ` in the ${placeOf(object)}` : ""}`),
  );

const backgroundFirst: Template = (objects, ending) =>
  `${ending} there ${isAre(objects)} ${naming(objects, false)}${place(objects)}`;

function isAre(objects: readonly SceneObject[]): string {
  return objects.length > 1 && objects.every((object) => object.concept === objects[0]!.concept)
    ? "are"
    : "is";
}

const related: Template = (objects, _, draw) => {
  const [a, b, ...rest] = objects;
  if (a === undefined || b === undefined) {
    return `a picture of ${naming(objects, true)}${place(objects)}`;
  }
  const { phrase } = draw.pick(relations.filter(({ holds }) => holds(a, b)));
  const pair = `${naming([a], true)} ${phrase} ${naming([b], true)}`;
  return rest.length === 0 ? pair : `${pair} with ${naming(rest, false)}`;
};
