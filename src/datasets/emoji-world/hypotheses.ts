import { assert } from "../../core/errors.ts";
import { type Rng, rng } from "../../core/rng.ts";
import { concepts, quadrants } from "./concepts.ts";
import { article, numbers, relations } from "./phrases.ts";
import { type Scene, type SceneObject, scene } from "./scene.ts";
import { canShow, type Split, sameScenes, splitSizes } from "./splits.ts";

/** What a picture says about a hypothesis. */
export const verdicts = ["contradiction", "neutral", "entailment"] as const;

/**
 * A hypothesis about a scene of which a quarter is covered, in the form of SNLI-VE (Xie et al. 2019,
 * arXiv:1901.06706): whatever may lie under the cover, it is false, it is true, or it depends.
 */
export interface Hypothesis {
  readonly text: string;
  readonly verdict: (typeof verdicts)[number];
  readonly kind: HypothesisKind;
  readonly scene: Scene;
  /** Index into `quadrants`. */
  readonly covered: number;
}

type Thing = Pick<SceneObject, "concept" | "quadrant">;

interface Claim {
  readonly text: string;
  holds(things: readonly Thing[]): boolean;
}

/** Claims nothing that the split never shows: those words would tell that it is false. */
type Claiming = (draw: Rng, known: number, split: Split) => Claim;

const everywhere = [...quadrants.keys()];

const placed: Claiming = (draw, known, split) => {
  const concept = draw.integer(known);
  const places = everywhere.filter((quadrant) => canShow(split, [{ concept, quadrant }]));
  const quadrant = draw.pick(places);
  return {
    text: `there is ${named(concept)} in the ${quadrants[quadrant]}`,
    holds: (things) => things.some((thing) => thing.concept === concept && thing.quadrant === quadrant),
  };
};

const atLeast: Claiming = (draw, known) => {
  const concept = draw.integer(known);
  const least = 2 + draw.integer(2);
  return {
    text: `there are at least ${numbers[least]} ${concepts[concept]!.plural}`,
    holds: (things) => count(things, concept) >= least,
  };
};

const atMost: Claiming = (draw, known) => {
  const concept = draw.integer(known);
  const most = 1 + draw.integer(2);
  const { name, plural } = concepts[concept]!;
  return {
    text: most === 1 ? `there is at most one ${name}` : `there are at most ${numbers[most]} ${plural}`,
    holds: (things) => count(things, concept) <= most,
  };
};

const things: Claiming = (draw) => {
  const least = 2 + draw.integer(2);
  return {
    text: `there are at least ${numbers[least]} things`,
    holds: ({ length }) => length >= least,
  };
};

const related: Claiming = (draw, known, split) => {
  const [a, b] = draw.shuffle([...Array(known).keys()]) as [number, number];
  const { phrase, holds } = draw.pick(relations);
  const relates = (one: Thing, other: Thing) => one.concept === a && other.concept === b && holds(one, other);
  const pairs = everywhere.flatMap((p) =>
    everywhere.map(
      (q) =>
        [
          { concept: a, quadrant: p },
          { concept: b, quadrant: q },
        ] as const,
    ),
  );
  if (!pairs.some((pair) => relates(...pair) && canShow(split, pair))) return related(draw, known, split);
  return {
    text: `there is ${named(a)} ${phrase} ${named(b)}`,
    holds: (all) => all.some((one) => all.some((other) => relates(one, other))),
  };
};

const kinds = { placed, atLeast, atMost, things, related };

/** What a hypothesis is about; scores are reported for each. */
export type HypothesisKind = keyof typeof kinds;

const names = Object.keys(kinds) as HypothesisKind[];

/**
 * The hypothesis at `index` of a split. Its words and the verdict are drawn apart, then scenes and covers until they
 * fit: the words alone say nothing about the verdict.
 */
export function hypothesis(split: Split, index: number, seed: number, known: number): Hypothesis {
  const draw = rng("hypothesis", seed, sameScenes(split), index);
  const kind = draw.pick(names);
  const claim = kinds[kind](draw, known, split);
  const verdict = draw.pick(verdicts);
  for (let tries = 0; tries < 1e6; tries++) {
    const drawn = scene(split, draw.integer(splitSizes[split]), seed, known);
    const covered = draw.integer(quadrants.length);
    if (judge(claim, drawn, covered) === verdict) {
      return { text: claim.text, verdict, kind, scene: drawn, covered };
    }
  }
  assert(false, `no scene for "${claim.text}"`);
}

/** Under the cover may be nothing or any one thing of this world. */
function judge(claim: Claim, { objects, known }: Scene, covered: number): (typeof verdicts)[number] {
  const seen = objects.filter(({ quadrant }) => quadrant !== covered);
  const worlds = [
    seen,
    ...Array.from({ length: known }, (_, concept) => [...seen, { concept, quadrant: covered }]),
  ];
  const first = claim.holds(seen);
  if (worlds.some((world) => claim.holds(world) !== first)) return "neutral";
  return first ? "entailment" : "contradiction";
}

function count(things: readonly Thing[], concept: number): number {
  return things.filter((thing) => thing.concept === concept).length;
}

function named(concept: number): string {
  const { name } = concepts[concept]!;
  return `${article(name)} ${name}`;
}
