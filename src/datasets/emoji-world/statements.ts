import { assert } from "../../core/errors.ts";
import { type Rng, rng } from "../../core/rng.ts";
import { colours, concepts } from "./concepts.ts";
import { article, countedNoun } from "./phrases.ts";
import { type Scene, scene } from "./scene.ts";
import { type Split, sameScenes, splitSizes } from "./splits.ts";

/** A statement about two scenes of one split, in the form of NLVR2 (Suhr et al. 2019, arXiv:1811.00491). */
export interface Statement {
  readonly text: string;
  readonly truth: boolean;
  readonly kind: StatementKind;
  /** Left and right. */
  readonly scenes: readonly [Scene, Scene];
}

/** What can be said of two scenes, of which always one thing holds. */
interface Topic {
  /** What a statement can say; a scene pair may also be a case that none says. */
  readonly says: readonly string[];
  /** Which of `says` holds of a pair; -1 where none does. */
  holds(left: Scene, right: Scene): number;
}

type Raising = (draw: Rng, known: number) => Topic;

const side: Raising = (draw, known) => {
  const concept = draw.integer(known);
  const { name } = concepts[concept]!;
  const where = draw.pick(["left", "right"] as const);
  return {
    says: [`the ${where} picture shows no ${name}`, `the ${where} picture shows ${article(name)} ${name}`],
    holds: (left, right) => Number(count(where === "left" ? left : right, concept) > 0),
  };
};

const backdrop: Raising = (draw) => {
  const where = draw.pick(["left", "right"] as const);
  return {
    says: colours.map(({ name }) => `the background color of the ${where} picture is ${name}`),
    holds: (left, right) => (where === "left" ? left : right).background.colour,
  };
};

const shows: Raising = (draw, known) => {
  const concept = draw.integer(known);
  const { name } = concepts[concept]!;
  const it = `${article(name)} ${name}`;
  return {
    says: [`neither picture shows ${it}`, `only one picture shows ${it}`, `both pictures show ${it}`],
    holds: (left, right) => [left, right].filter((scene) => count(scene, concept) > 0).length,
  };
};

const total: Raising = (draw, known) => {
  const concept = draw.integer(known);
  return {
    says: [1, 2, 3].map(
      (n) =>
        `there ${n === 1 ? "is" : "are"} ${countedNoun(concepts[concept]!, n)} in the two pictures together`,
    ),
    holds: (left, right) => {
      const n = count(left, concept) + count(right, concept);
      return n > 3 ? -1 : n - 1;
    },
  };
};

const more: Raising = () => ({
  says: [
    "the left picture shows more things than the right picture",
    "both pictures show the same number of things",
    "the right picture shows more things than the left picture",
  ],
  holds: (left, right) => 1 + Math.sign(right.objects.length - left.objects.length),
});

const ground: Raising = () => ({
  says: [
    "both pictures have the same background color",
    "the background colors of the pictures are not the same",
  ],
  holds: (left, right) => Number(left.background.colour !== right.background.colour),
});

const ofOne = { side, backdrop };
const ofBoth = { shows, total, more, ground };

/** What a statement is about; scores are reported for each. */
export type StatementKind = keyof typeof ofOne | keyof typeof ofBoth;

/**
 * The statement at `index` of a split. Half speak of one picture, half of both. The words are drawn first, then by a
 * fair coin whether they are true, then what is the case instead, uniformly; then pairs of scenes until it is. So neither words nor pictures alone tell the truth.
 */
export function statement(split: Split, index: number, seed: number, known: number): Statement {
  const draw = rng("statement", seed, sameScenes(split), index);
  const [kind, raise] = draw.pick<[string, Raising]>(Object.entries(draw.uniform() < 0.5 ? ofOne : ofBoth));
  const { says, holds } = raise(draw, known);
  const said = draw.integer(says.length);
  const truth = draw.uniform() < 0.5;
  const wished = truth ? said : draw.pick([...says.keys()].filter((other) => other !== said));
  for (let tries = 0; tries < 1e6; tries++) {
    const left = scene(split, draw.integer(splitSizes[split]), seed, known);
    const right = scene(split, draw.integer(splitSizes[split]), seed, known);
    if (holds(left, right) === wished)
      return { text: says[said]!, truth, kind: kind as StatementKind, scenes: [left, right] };
  }
  assert(false, `no scenes for "${says[wished]}"`);
}

function count(scene: Scene, concept: number): number {
  return scene.objects.filter((object) => object.concept === concept).length;
}
