import assert from "node:assert/strict";
import { test } from "node:test";
import { stageConfigs } from "./stages.ts";

const first = {
  description: "for lists",
  model: { kind: "meter", std: 0.1, image: { kind: "vit", width: 8, depth: 2 } },
  task: { kind: "pretrain", mlm: { weight: 1 }, itc: { weight: 1 } },
  train: { steps: 5, freeze: ["model.text"], ema: { decay: 0.9 } },
};
const recipe = {
  name: "two",
  stages: [
    first,
    {
      model: { image: { depth: 3 } },
      task: { kind: "pretrain", mlm: { weight: 2 } },
      train: { freeze: [] },
    },
    { name: "last", model: { image: { kind: "swin", window: 7 } } },
  ],
};
const expand = (settings: readonly string[] = [], of: { name: string; stages: readonly object[] } = recipe) =>
  stageConfigs(of, settings, async (stage) => stage);

test("a stage changes the one before: objects by key, lists, tasks and other kinds as a whole", async () => {
  const { description: _, ...config } = first;
  const second = {
    model: { ...first.model, image: { kind: "vit", width: 8, depth: 3 } },
    task: { kind: "pretrain", mlm: { weight: 2 } },
    train: { ...first.train, freeze: [] },
  };
  assert.deepEqual(await expand(), [
    { ...config, name: "two-1" },
    { ...second, name: "two-2" },
    { ...second, name: "last", model: { ...first.model, image: { kind: "swin", window: 7 } } },
  ]);
});

test("a stage with a kind of model stands for itself", async () => {
  const whole = { model: { kind: "vilt" }, train: { steps: 1 } };
  assert.deepEqual((await expand([], { name: "n", stages: [first, whole] }))[1], { ...whole, name: "n-2" });
});

test("what a stage names is written out before the next one changes it", async () => {
  const named = { ...first, model: { ...first.model, image: "some/tower" } };
  const writeOut = async (stage: unknown) => {
    const { model, ...others } = stage as typeof named;
    return { ...others, model: { ...model, ...(model.image === "some/tower" && { image: { width: 768 } }) } };
  };
  const change = { model: { image: { depth: 3 } } };
  const stages = (await stageConfigs(
    { name: "n", stages: [named, change] },
    [],
    writeOut,
  )) as (typeof named)[];
  assert.deepEqual(stages[1]!.model.image, { width: 768, depth: 3 });
});

test("a setting is for all stages, or for one and those that change it", async () => {
  const valuesOf = async (...settings: string[]) =>
    ((await expand(settings)) as (typeof first)[]).map(({ model, train }) => [
      train.steps,
      model.image.depth,
    ]);
  assert.deepEqual(await valuesOf("train.steps=9"), [
    [9, 2],
    [9, 3],
    [9, undefined],
  ]);
  assert.deepEqual(await valuesOf("stages.0.train.steps=8", "stages.1.model.image.depth=4"), [
    [8, 2],
    [8, 4],
    [8, undefined],
  ]);
  assert.deepEqual(await valuesOf("stages.1.train.steps=8", "train.steps=9"), [
    [9, 2],
    [8, 3],
    [9, undefined],
  ]);
  await assert.rejects(expand(["stages.3.train.steps=8"]), /expected an index from 0 to 2 at stages, got 3/);
});

test("other forms are refused", async () => {
  await assert.rejects(expand([], { name: "n", stages: [] }), /stages: expected a list of stages, got \[\]/);
  const beside = { name: "n", stages: [first], train: {} };
  await assert.rejects(expand([], beside), /train: expected name and stages, got another key/);
});
