import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { BifocalError } from "../core/index.ts";
import { validate } from "./validate.ts";

const objective = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("itm"), weight: z.number() }),
  z.strictObject({ kind: z.literal("mlm"), weight: z.number(), rate: z.number().min(0).lt(1) }),
]);
const schema = z.strictObject({
  model: z.enum(["vilt", "meter", "bridgetower"]),
  steps: z.int().positive(),
  optimizer: z
    .strictObject({ lr: z.number().positive(), betas: z.tuple([z.number(), z.number()]) })
    .default({ lr: 1e-4, betas: [0.9, 0.98] }),
  objectives: z.array(objective).min(1),
  pool: z.union([z.literal("first"), z.strictObject({ size: z.int() })]).optional(),
  learningRates: z.record(z.string(), z.strictObject({ factor: z.number() })).optional(),
});
const valid = { model: "vilt", steps: 5, objectives: [{ kind: "itm", weight: 1 }] };

/** The problems of `change` applied to a valid value, one line each. */
function problems(change: object): string[] {
  try {
    validate(schema, { ...valid, ...change }, "recipe.yaml");
  } catch (error) {
    assert.ok(error instanceof BifocalError);
    assert.equal(error.fields.code, "config");
    const text = error.message.replace(/^recipe\.yaml( at |: got \d+ problems\n {2})/, "");
    return text.split("\n  ");
  }
  return [];
}

test("a valid value gets its defaults", () => {
  const value = validate(schema, valid, "x");
  assert.deepEqual(value.optimizer, { lr: 1e-4, betas: [0.9, 0.98] });
  assert.equal(value.steps satisfies number, 5);
});

test("unknown names get the nearest valid one", () => {
  assert.deepEqual(problems({ model: "metr" }), [
    'model: expected one of vilt, meter, bridgetower, got "metr"; did you mean meter?',
  ]);
  assert.deepEqual(problems({ optimizer: { lr: 1, betas: [0, 0], lrr: 1 } }), [
    "optimizer.lrr: expected one of lr, betas, got an unknown key; did you mean lr?",
  ]);
  assert.deepEqual(problems({ objectives: [{ kind: "imt" }] }), [
    'objectives.0.kind: expected one of itm, mlm, got "imt"; did you mean itm?',
  ]);
  assert.deepEqual(problems({ learningRates: { head: { factor: 1, facter: 2 } } }), [
    "learningRates.head.facter: expected factor, got an unknown key; did you mean factor?",
  ]);
});

test("a key is looked for in the alternative that was chosen", () => {
  assert.deepEqual(problems({ objectives: [{ kind: "itm", weight: 1, rat: 0.5 }] }), [
    "objectives.0.rat: expected one of kind, weight, got an unknown key; did you mean kind?",
  ]);
  assert.deepEqual(problems({ objectives: [{ kind: "mlm", weight: 1, rate: 0.5, rat: 0.5 }] }), [
    "objectives.0.rat: expected one of kind, weight, rate, got an unknown key; did you mean rate?",
  ]);
  assert.deepEqual(problems({ pool: { siz: 3 } }), [
    "pool.size: expected a number, got nothing",
    "pool.siz: expected size, got an unknown key; did you mean size?",
  ]);
  assert.deepEqual(problems({ pool: 3 }), ["pool: expected first or an object, got 3"]);
});

test("types and ranges say what was expected and what was got", () => {
  assert.deepEqual(problems({ steps: 0 }), ["steps: expected more than 0, got 0"]);
  assert.deepEqual(problems({ steps: 0.5 }), ["steps: expected a whole number, got 0.5"]);
  assert.deepEqual(problems({ steps: "1e3x" }), ['steps: expected a number, got "1e3x"']);
  assert.deepEqual(problems({ steps: Number.NaN }), ["steps: expected a number, got NaN"]);
  assert.deepEqual(problems({ steps: null }), ["steps: expected a number, got null"]);
  assert.deepEqual(problems({ objectives: [] }), ["objectives: expected a length of at least 1, got []"]);
  assert.deepEqual(problems({ objectives: [{ kind: "mlm", weight: 1, rate: 1 }] }), [
    "objectives.0.rate: expected less than 1, got 1",
  ]);
  assert.deepEqual(problems({ optimizer: { lr: 1, betas: [0] } }), [
    "optimizer.betas: expected a length of at least 2, got [0]",
  ]);
});

test("all problems come at once, in one error", () => {
  assert.throws(
    () =>
      validate(schema, { model: "vitl", stepz: 3, objectives: [{}], optimizer: { lr: -1 } }, "recipe.yaml"),
    {
      message: [
        "recipe.yaml: got 6 problems",
        'model: expected one of vilt, meter, bridgetower, got "vitl"; did you mean vilt?',
        "steps: expected a number, got nothing",
        "optimizer.lr: expected more than 0, got -1",
        "optimizer.betas: expected a list, got nothing",
        "objectives.0.kind: expected one of itm, mlm, got nothing",
        "stepz: expected one of model, steps, optimizer, objectives, pool, learningRates, got an unknown key; did you mean steps?",
      ].join("\n  "),
    },
  );
  assert.throws(() => validate(schema, 3, "recipe.yaml"), {
    message: "recipe.yaml at top level: expected an object, got 3",
  });
});
