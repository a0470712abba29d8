import assert from "node:assert/strict";
import { test } from "node:test";
import { BifocalError } from "../../core/errors.ts";
import { accuracyByKind, majorityBaseline, questionOnlyBaseline } from "../../metrics/vqa-baselines.ts";
import { colours, concepts, quadrants } from "./concepts.ts";
import { answers, type Question, type QuestionKind, questions } from "./questions.ts";
import { type Scene, type SceneObject, scene } from "./scene.ts";
import type { Split } from "./splits.ts";

const nameOf = (object: SceneObject) => concepts[object.concept]!.name;
const centre = (object: SceneObject) => [object.x + object.side / 2, object.y + object.side / 2] as const;

/** The objects on the stated side of another one, by their coordinates. */
function beside(truth: Scene, phrase: string, of: SceneObject): SceneObject[] {
  const half = (value: number) => Math.floor(value * 2);
  return truth.objects.filter((object) => {
    const [x, y] = centre(object).map(half);
    const [ofX, ofY] = centre(of).map(half);
    if (phrase === "to the left of") return x! < ofX!;
    if (phrase === "to the right of") return x! > ofX!;
    return phrase === "above" ? y! < ofY! : y! > ofY!;
  });
}

function only(truth: Scene, name: string): SceneObject {
  const found = truth.objects.filter((object) => nameOf(object) === name);
  assert.equal(found.length, 1, `"the ${name}" is not unique`);
  return found[0]!;
}

/** Answers from the words of the question and the coordinates of the scene, apart from how questions are made. */
function answer(truth: Scene, question: string): string {
  const relation = "(to the left of|to the right of|above|below)";
  let match = /^(?:is there|can you see) an? (\w+)\?$/.exec(question);
  if (match) return truth.objects.some((object) => nameOf(object) === match![1]) ? "yes" : "no";
  if (question === "how many things are there?") return String(truth.objects.length);
  match = /^how many (\w+) are there\?$/.exec(question);
  if (match) {
    return String(truth.objects.filter(({ concept }) => concepts[concept]!.plural === match![1]).length);
  }
  if (question === "what color is the background?") return colours[truth.background.colour]!.name;
  match = /^where is the (\w+)\?$/.exec(question);
  if (match) {
    const [x, y] = centre(only(truth, match[1]!));
    return `${y < 0.5 ? "top" : "bottom"} ${x < 0.5 ? "left" : "right"}`;
  }
  match = /^is the (\w+) small or large\?$/.exec(question);
  if (match) return only(truth, match[1]!).side < 0.38 ? "small" : "large";
  match = /^what is in the (\w+ \w+)\?$/.exec(question);
  if (match) {
    return nameOf(truth.objects.find((object) => quadrants[object.quadrant] === match![1])!);
  }
  match = new RegExp(`^what is ${relation} the (\\w+)\\?$`).exec(question);
  if (match) {
    const there = beside(truth, match[1]!, only(truth, match[2]!));
    assert.equal(there.length, 1, question);
    return nameOf(there[0]!);
  }
  match = new RegExp(`^is the (\\w+) ${relation} the (\\w+)\\?$`).exec(question);
  assert.ok(match, question);
  return beside(truth, match[2]!, only(truth, match[3]!)).includes(only(truth, match[1]!)) ? "yes" : "no";
}

function ask(split: Split, scenes: number): Question[] {
  return Array.from({ length: scenes }, (_, index) => questions(scene(split, index, 0), 4)).flat();
}

test("answers are true, of the closed vocabulary, and every kind occurs", () => {
  assert.equal(new Set(answers).size, answers.length);
  const seen = new Set<QuestionKind>();
  for (const split of ["train", "test-combinations"] as const) {
    for (let index = 0; index < 1500; index++) {
      const truth = scene(split, index, 0);
      const asked = questions(truth, 8);
      assert.equal(new Set(asked.map(({ question }) => question)).size, 8);
      for (const question of asked) {
        assert.equal(answer(truth, question.question), question.answer, question.question);
        assert.ok(answers.includes(question.answer));
        seen.add(question.kind);
      }
    }
  }
  assert.equal(seen.size, 9);
});

test("questions are stable, and fewer are a prefix of more", () => {
  const truth = scene("val", 5, 0);
  assert.deepEqual(questions(truth, 16).slice(0, 3), questions(scene("val", 5, 0), 3));
  assert.throws(() => questions(truth, 0), BifocalError);
  assert.throws(() => questions(truth, 17), BifocalError);
});

test("the words of a question say little about its answer", (t) => {
  const training = ask("train", 20_000);
  const asked = ask("test", 4000);
  const blind = accuracyByKind(asked, asked.map(questionOnlyBaseline(training)));
  const majority = accuracyByKind(asked, asked.map(majorityBaseline(training)));
  t.diagnostic(
    `question-only ${blind.overall.accuracy.toFixed(3)}, majority ${majority.overall.accuracy.toFixed(3)}`,
  );
  assert.ok(blind.overall.accuracy < 0.3);
  assert.ok(majority.overall.accuracy < 0.15);
  const bounds: Partial<Record<QuestionKind, number>> = {
    exists: 0.54,
    size: 0.55,
    colour: 0.17,
    total: 0.32,
    count: 0.34,
    position: 0.36,
    identify: 0.08,
  };
  for (const [kind, bound] of Object.entries(bounds)) {
    const { accuracy, total } = blind.kinds.get(kind)!;
    assert.ok(accuracy < bound, `${kind}: ${accuracy} of ${total}`);
  }
});
