import assert from "node:assert/strict";
import { test } from "node:test";
import { applySettings } from "./settings.ts";

const recipe = () => ({
  name: "a",
  train: { lr: 1, betas: [0.9, 0.999], schedule: { kind: "cosine" } },
  objectives: [{ kind: "itm" }, { kind: "mlm", rate: 0.15 }],
});

test("values are YAML, and the recipe itself is not changed", () => {
  const given = recipe();
  const result = applySettings(given, [
    "train.lr=1e-4",
    "train.schedule={kind: linear, warmup: 0.1}",
    "train.schedule.kind=poly",
    "objectives.1.rate=.5",
    "name=x=y",
    "model.crop=[24, 32]",
    "note=",
    "debug=true",
    'answer="no"',
  ]);
  assert.deepEqual(result, {
    name: "x=y",
    train: { lr: 1e-4, betas: [0.9, 0.999], schedule: { kind: "poly", warmup: 0.1 } },
    objectives: [{ kind: "itm" }, { kind: "mlm", rate: 0.5 }],
    model: { crop: [24, 32] },
    note: null,
    debug: true,
    answer: "no",
  });
  assert.deepEqual(given, recipe());
});

test("a later setting wins", () => {
  assert.deepEqual(applySettings({}, ["a.b=1", "a.b=2"]), { a: { b: 2 } });
});

test("every setting that cannot be applied is named at once", () => {
  const settings = ["train.lr", "=3", "train..lr=3", "train.lr.x=3", "objectives.2.rate=1", "name=[1, 2"];
  assert.throws(
    () => applySettings(recipe(), [...settings, "train.lr=2"]),
    (error: Error) => {
      const lines = error.message.split("\n  ");
      assert.match(lines[0]!, /^--set: got 6 problems$/);
      assert.match(lines[1]!, /^train\.lr: expected path=value/);
      assert.match(lines[2]!, /^=3: expected path=value/);
      assert.match(lines[3]!, /^train\.\.lr=3: expected path=value/);
      assert.match(
        lines[4]!,
        /^train\.lr\.x=3: expected an object or list at train\.lr, got 1; set train\.lr/,
      );
      assert.match(
        lines[5]!,
        /expected an index from 0 to 1 at objectives, got 2; set objectives as a whole/,
      );
      assert.match(lines[6]!, /^name=\[1, 2: expected a YAML value/);
      return true;
    },
  );
});

test("no setting reaches the prototype of all objects", () => {
  assert.throws(() => applySettings({}, ["__proto__.polluted=1"]), /expected path=value/);
  assert.deepEqual(applySettings({}, ["constructor.prototype.polluted=1"]), {
    constructor: { prototype: { polluted: 1 } },
  });
  assert.ok(!("polluted" in {}));
});
