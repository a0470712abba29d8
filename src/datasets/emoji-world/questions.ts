import { fail } from "../../core/errors.ts";
import { type Rng, rng } from "../../core/rng.ts";
import { colours, concepts, quadrants, sizes } from "./concepts.ts";
import { article, backgroundOf, nameOf, placeOf, pluralOf, relations } from "./phrases.ts";
import type { Scene, SceneObject } from "./scene.ts";

/** A question about one scene with its only right answer. */
export interface Question {
  readonly question: string;
  /** One of `answers`. */
  readonly answer: string;
  readonly kind: QuestionKind;
}

/** Every answer there is; the index is the class. */
export const answers: readonly string[] = [
  "yes",
  "no",
  ...["0", "1", "2", "3", "4"],
  ...colours.map((colour) => colour.name),
  ...quadrants,
  ...Object.keys(sizes),
  ...concepts.map((concept) => concept.name),
];

type Asking = (scene: Scene, draw: Rng) => Omit<Question, "kind"> | undefined;

/**
 * "is there a cat?" Yes and no by a fair coin; a present concept is drawn as an absent one is, uniformly, so the
 * words of the question say nothing about the answer.
 */
const exists: Asking = (scene, draw) => {
  const yes = draw.uniform() < 0.5;
  const concept = draw.pick(yes ? present(scene) : absent(scene));
  const { name } = concepts[concept]!;
  const opening = draw.pick(["is there", "can you see"]);
  return { question: `${opening} ${article(name)} ${name}?`, answer: yes ? "yes" : "no" };
};

/**
 * The wished answer is drawn first, then a concept that is there so many times, or none. The weights make up for
 * how seldom a concept occurs several times; four times is impossible where one quadrant is held out.
 */
const count: Asking = (scene, draw) => {
  const wished = draw.pick(wishedCounts);
  const candidates =
    wished === "0" ? absent(scene) : present(scene).filter((c) => String(countOf(scene, c)) === wished);
  if (candidates.length === 0) return undefined;
  return { question: `how many ${pluralOf(draw.pick(candidates))} are there?`, answer: wished };
};

const wishedCounts = lottery({ 0: 4, 1: 5, 2: 16, 3: 75 });

const total: Asking = (scene) => ({
  question: "how many things are there?",
  answer: String(scene.objects.length),
});

const colour: Asking = (scene) => ({
  question: "what color is the background?",
  answer: backgroundOf(scene),
});

const position: Asking = (scene, draw) => {
  const object = anyOf(single(scene), draw);
  return object && { question: `where is the ${nameOf(object)}?`, answer: placeOf(object) };
};

const size: Asking = (scene, draw) => {
  const object = anyOf(single(scene), draw);
  return object && { question: `is the ${nameOf(object)} small or large?`, answer: object.size };
};

const identify: Asking = (scene, draw) => {
  const object = draw.pick(scene.objects);
  return { question: `what is in the ${placeOf(object)}?`, answer: nameOf(object) };
};

/** "what is above the dog?": the dog is the only one, and one object only is higher. */
const neighbour: Asking = (scene, draw) => {
  const object = anyOf(single(scene), draw);
  const { phrase, holds } = draw.pick(relations);
  const there = object && scene.objects.filter((other) => holds(other, object));
  if (there?.length !== 1) return undefined;
  return { question: `what is ${phrase} the ${nameOf(object!)}?`, answer: nameOf(there[0]!) };
};

/**
 * "is the cat above the dog?" of two that differ in this direction; yes and no by a fair coin. The held-out
 * quadrants still tilt the odds of a given pair: blind guessing reaches about 63 %.
 */
const relation: Asking = (scene, draw) => {
  const [a, b] = draw.shuffle(single(scene));
  if (a === undefined || b === undefined) return undefined;
  const yes = draw.uniform() < 0.5;
  const candidates = relations.filter(({ holds }) => (yes ? holds(a, b) : holds(b, a)));
  const { phrase } = draw.pick(candidates);
  return { question: `is the ${nameOf(a)} ${phrase} the ${nameOf(b)}?`, answer: yes ? "yes" : "no" };
};

const kinds = { exists, count, total, colour, position, size, identify, neighbour, relation };

/** The form of a question; scores are reported for each. */
export type QuestionKind = keyof typeof kinds;

/** How often each kind is tried. Kinds that often do not apply are tried more, kinds with few answers less. */
const tried = lottery<QuestionKind>({
  exists: 9,
  count: 26,
  total: 5,
  colour: 9,
  position: 12,
  size: 6,
  identify: 12,
  neighbour: 50,
  relation: 8,
});

/** Every key as often as its weight says. */
function lottery<Key extends string>(weights: Readonly<Record<Key, number>>): Key[] {
  return (Object.keys(weights) as Key[]).flatMap((key) => new Array<Key>(weights[key]).fill(key));
}

/**
 * The first `n` different questions about a scene; fewer questions are a prefix of more.
 * @throws BifocalError when n is not in [1, 16].
 */
export function questions(scene: Scene, n: number): Question[] {
  if (!Number.isInteger(n) || n < 1 || n > 16) {
    fail("usage", "emoji-world questions", { expected: "1 to 16 questions a scene", got: String(n) });
  }
  const draw = rng("questions", scene.key);
  const found = new Map<string, Question>();
  while (found.size < n) {
    const kind = draw.pick(tried);
    const asked = kinds[kind](scene, draw);
    if (asked && !found.has(asked.question)) found.set(asked.question, { ...asked, kind });
  }
  return [...found.values()];
}

function countOf(scene: Scene, concept: number): number {
  return scene.objects.filter((object) => object.concept === concept).length;
}

function present(scene: Scene): number[] {
  return [...new Set(scene.objects.map((object) => object.concept))];
}

function absent(scene: Scene): number[] {
  return Array.from({ length: scene.known }, (_, concept) => concept).filter(
    (concept) => countOf(scene, concept) === 0,
  );
}

/** Objects that are the only ones of their concept: "the cat" can mean nothing else. */
function single(scene: Scene): SceneObject[] {
  return scene.objects.filter((object) => countOf(scene, object.concept) === 1);
}

function anyOf(objects: readonly SceneObject[], draw: Rng): SceneObject | undefined {
  return objects.length === 0 ? undefined : draw.pick(objects);
}
