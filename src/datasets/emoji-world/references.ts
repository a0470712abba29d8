import { type Rng, rng } from "../../core/rng.ts";
import { nameOf, placeOf, relations } from "./phrases.ts";
import { type Scene, type SceneObject, scene } from "./scene.ts";
import { type Split, sameScenes, splitSizes } from "./splits.ts";

/** An expression that fits one object of a scene, in the form of RefCOCO (Yu et al. 2016, arXiv:1608.00272). */
export interface Reference {
  readonly text: string;
  readonly kind: ReferenceKind;
  readonly scene: Scene;
  /** Index into the scene's objects, of which there are two at least. */
  readonly target: number;
}

interface Expression {
  readonly text: string;
  fits(object: SceneObject): boolean;
}

type Referring = (target: SceneObject, scene: Scene, draw: Rng) => Expression;

const name: Referring = (target) => ({
  text: `the ${nameOf(target)}`,
  fits: ({ concept }) => concept === target.concept,
});

/** Of several of a kind, the only small or large one. */
const size: Referring = (target, { objects }) => ({
  text: `the ${target.size} ${nameOf(target)}`,
  fits: (object) =>
    object.concept === target.concept &&
    object.size === target.size &&
    objects.some(({ concept, size }) => concept === target.concept && size !== target.size),
});

const place: Referring = (target, _, draw) => {
  const anything = draw.uniform() < 0.5;
  return {
    text: `the ${anything ? "thing" : nameOf(target)} in the ${placeOf(target)}`,
    fits: ({ concept, quadrant }) => quadrant === target.quadrant && (anything || concept === target.concept),
  };
};

const relation: Referring = (target, { objects }, draw) => {
  const other = draw.pick(objects.filter((object) => object !== target));
  const { phrase, holds } = draw.pick(relations);
  return {
    text: `the ${nameOf(target)} ${phrase} the ${nameOf(other)}`,
    fits: (object) =>
      object.concept === target.concept &&
      objects.some((beside) => beside.concept === other.concept && holds(object, beside)),
  };
};

const kinds = { name, size, place, relation };

/** The form of an expression; scores are reported for each. */
export type ReferenceKind = keyof typeof kinds;

/** Names twice as often as the others: all that a crop of its box can show of an object is its name and its size. */
const tried: readonly ReferenceKind[] = ["name", "name", "size", "place", "relation"];

/** The expression at `index` of a split: scenes, objects and expressions are drawn until one object alone fits. */
export function reference(split: Split, index: number, seed: number, known: number): Reference {
  const draw = rng("reference", seed, sameScenes(split), index);
  const kind = draw.pick(tried);
  for (;;) {
    const drawn = scene(split, draw.integer(splitSizes[split]), seed, known);
    if (drawn.objects.length < 2) continue;
    const target = draw.integer(drawn.objects.length);
    const { text, fits } = kinds[kind](drawn.objects[target]!, drawn, draw);
    const meant = drawn.objects.flatMap((object, i) => (fits(object) ? [i] : []));
    if (meant.length === 1 && meant[0] === target) return { text, kind, scene: drawn, target };
  }
}
