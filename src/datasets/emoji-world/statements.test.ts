/** Statements, hypotheses and expressions: true by the coordinates, and their words tell nothing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { accuracyByKind, majorityBaseline, questionOnlyBaseline } from "../../metrics/vqa-baselines.ts";
import { colours, concepts, quadrants } from "./concepts.ts";
import { hypothesis, verdicts } from "./hypotheses.ts";
import { reference } from "./references.ts";
import type { Scene, SceneObject } from "./scene.ts";
import { type Split, splitSizes } from "./splits.ts";
import { statement } from "./statements.ts";

const known = 8;
const splits = Object.keys(splitSizes) as Split[];
const numbers = ["no", "one", "two", "three", "four"];
const named = (word: string) => concepts.findIndex(({ name, plural }) => name === word || plural === word);
const among = (things: readonly { concept: number }[], word: string) =>
  things.filter(({ concept }) => concept === named(word)).length;
const first = <T>(
  make: (split: Split, index: number, seed: number, known: number) => T,
  split: Split,
  n: number,
) => Array.from({ length: n }, (_, index) => make(split, index, 5, known));

/** Whether a statement is true, from its words and the scenes alone. */
function isTrue(text: string, [left, right]: readonly [Scene, Scene]): boolean {
  let match = /^the (left|right) picture shows (no|an?) (\w+)$/.exec(text);
  if (match) {
    const { objects } = match[1] === "left" ? left : right;
    return (among(objects, match[3]!) === 0) === (match[2] === "no");
  }
  match = /^the background color of the (left|right) picture is (\w+)$/.exec(text);
  if (match) {
    const { background } = match[1] === "left" ? left : right;
    return colours[background.colour]!.name === match[2];
  }
  match = /^(neither|only one|both) pictures? shows? an? (\w+)/.exec(text);
  if (match) {
    const showing = [left, right].filter(({ objects }) => among(objects, match![2]!) > 0).length;
    return showing === ["neither", "only one", "both"].indexOf(match[1]!);
  }
  match = /^there (?:is|are) (\w+) (\w+) in the two pictures together$/.exec(text);
  if (match) {
    const n = among(left.objects, match[2]!) + among(right.objects, match[2]!);
    return n === Math.max(1, numbers.indexOf(match[1]!));
  }
  const [l, r] = [left.objects.length, right.objects.length];
  if (text.startsWith("the left picture shows more")) return l > r;
  if (text.startsWith("the right picture shows more")) return l < r;
  if (text === "both pictures show the same number of things") return l === r;
  const same = left.background.colour === right.background.colour;
  assert.match(text, /background color/);
  return text.includes("not") ? !same : same;
}

test("statements are true or false as they say, whatever the split", () => {
  for (const split of splits) {
    for (const { text, truth, scenes } of first(statement, split, 300)) {
      assert.equal(isTrue(text, scenes), truth, text);
    }
  }
});

type Thing = Pick<SceneObject, "concept" | "quadrant">;

function holds(text: string, things: readonly Thing[]): boolean {
  let match = /^there (?:is|are) at (least|most) (\w+) (\w+)$/.exec(text);
  if (match) {
    const n = match[3] === "things" ? things.length : among(things, match[3]!);
    const bound = numbers.indexOf(match[2]!);
    return match[1] === "least" ? n >= bound : n <= bound;
  }
  match = /^there is an? (\w+) in the (\w+ \w+)$/.exec(text);
  if (match) {
    return things.some((t) => t.concept === named(match![1]!) && quadrants[t.quadrant] === match![2]);
  }
  match = /^there is an? (\w+) (to the left of|to the right of|above|below) an? (\w+)$/.exec(text);
  assert.ok(match, text);
  const [, a, phrase, b] = match as unknown as [string, string, string, string];
  return things.some(
    (one) =>
      one.concept === named(a) && things.some((o) => o.concept === named(b) && relates(phrase, one, o)),
  );
}

/** Whether `one` is to the left of, to the right of, above or below `other`. */
function relates(phrase: string, one: Thing, other: Thing): boolean {
  const value = ({ quadrant }: Thing) =>
    Number(quadrants[quadrant]!.includes(phrase.startsWith("to") ? "right" : "bottom"));
  const sign = phrase === "to the left of" || phrase === "above" ? 1 : -1;
  return sign * (value(other) - value(one)) > 0;
}

test("a hypothesis is neutral where what is covered decides, else entailed or contradicted", () => {
  for (const split of splits) {
    for (const { text, verdict, scene, covered } of first(hypothesis, split, 300)) {
      const seen = scene.objects.filter(({ quadrant }) => quadrant !== covered);
      const hidden = concepts.slice(0, known).map((_, concept) => [...seen, { concept, quadrant: covered }]);
      const outcomes = new Set([seen, ...hidden].map((things) => holds(text, things)));
      const expected = outcomes.size === 2 ? "neutral" : outcomes.has(true) ? "entailment" : "contradiction";
      assert.equal(verdict, expected, text);
    }
  }
});

test("an expression fits its object and no other", () => {
  for (const split of splits) {
    for (const { text, scene, target } of first(reference, split, 300)) {
      const match =
        /^the (small |large )?(\w+)(?: in the (\w+ \w+)| (to the left of|to the right of|above|below) the (\w+))?$/.exec(
          text,
        );
      assert.ok(match, text);
      const [, size, noun, place, phrase, other] = match;
      const fitting = scene.objects.flatMap((object, i) => {
        const ok =
          (noun === "thing" || object.concept === named(noun!)) &&
          (size === undefined || object.size === size.trim()) &&
          (place === undefined || quadrants[object.quadrant] === place) &&
          (phrase === undefined ||
            scene.objects.some((o) => among([o], other!) > 0 && relates(phrase, object, o)));
        return ok ? [i] : [];
      });
      assert.deepEqual(fitting, [target], text);
      assert.ok(scene.objects.length > 1);
    }
  }
});

test("examples depend on split, index and seed alone; test-style shares those of test in another style", () => {
  for (const make of [statement, hypothesis, reference]) {
    assert.deepEqual(make("val", 3, 5, known), make("val", 3, 5, known));
    assert.notDeepEqual(make("val", 3, 5, known), make("val", 4, 5, known));
    assert.notDeepEqual(make("val", 3, 5, known), make("val", 3, 6, known));
    assert.equal(make("test-style", 9, 5, known).text, make("test", 9, 5, known).text);
    assert.notDeepEqual(make("test-style", 9, 5, known), make("test", 9, 5, known));
  }
});

test("neither words nor the commonest verdict tell a verdict: chance and its noise is all they reach", (t) => {
  const forms = {
    statement: (split: Split, n: number) =>
      first(statement, split, n).map(({ text, truth, kind }) => ({
        question: text,
        answer: String(truth),
        kind,
      })),
    hypothesis: (split: Split, n: number) =>
      first(hypothesis, split, n).map(({ text, verdict, kind }) => ({
        question: text,
        answer: verdict,
        kind,
      })),
  };
  for (const [form, ask] of Object.entries(forms)) {
    const [training, asked] = [ask("train", 6000), ask("test", 6000)];
    const chance = form === "statement" ? 1 / 2 : 1 / verdicts.length;
    for (const baseline of [questionOnlyBaseline, majorityBaseline]) {
      const { overall, kinds } = accuracyByKind(asked, asked.map(baseline(training)));
      t.diagnostic(`${form} ${baseline.name} ${overall.accuracy.toFixed(3)}`);
      assert.ok(Math.abs(overall.accuracy - chance) < 0.03);
      for (const [kind, { accuracy }] of kinds)
        assert.ok(Math.abs(accuracy - chance) < 0.06, `${kind} ${accuracy}`);
    }
    const shares = new Map<string, number>();
    for (const { answer } of asked) shares.set(answer, (shares.get(answer) ?? 0) + 1 / asked.length);
    for (const share of shares.values()) assert.ok(Math.abs(share - chance) < 0.03);
  }
});
