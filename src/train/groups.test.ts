import assert from "node:assert/strict";
import { test } from "node:test";
import { frozenBatchNorm } from "../nn/convolution.ts";
import { zeros } from "../nn/init.ts";
import { linear } from "../nn/linear.ts";
import { declare } from "../nn/scope.ts";
import type { TrainConfig } from "./config.ts";
import { groupParameters, learningAt } from "./groups.ts";

const { parameters } = declare((at) => [
  linear(at.in("model.image.blocks.1"), { from: 2, to: 3 }),
  linear(at.in("model.image.blocks.10"), { from: 3, to: 4 }),
  at.in("model").param("kinds", [2, 5], zeros),
  linear(at.in("heads.answer"), { from: 4, to: 6 }),
]);

const groupsOf = (config: Pick<TrainConfig, "factors" | "freeze" | "layerDecay">) =>
  groupParameters(parameters, config as TrainConfig).map(({ factor, decay, parameters: members }) => ({
    factor,
    decay,
    names: members.map(({ name }) => name),
  }));

test("matrices decay, vectors do not", () => {
  assert.deepEqual(groupsOf({ factors: [], freeze: [] }), [
    {
      factor: 1,
      decay: true,
      names: [
        "model.image.blocks.1.weight",
        "model.image.blocks.10.weight",
        "model.kinds",
        "heads.answer.weight",
      ],
    },
    {
      factor: 1,
      decay: false,
      names: ["model.image.blocks.1.bias", "model.image.blocks.10.bias", "heads.answer.bias"],
    },
  ]);
});

test("the last factor whose path begins the name counts; paths end at dots", () => {
  const groups = groupsOf({
    factors: [
      { path: "model", factor: 0.1 },
      { path: "model.image.blocks.1", factor: 5 },
    ],
    freeze: [],
  });
  const factorOf = (name: string) => groups.find(({ names }) => names.includes(name))!.factor;
  assert.equal(factorOf("model.image.blocks.1.weight"), 5);
  assert.equal(factorOf("model.image.blocks.1.bias"), 5);
  assert.equal(factorOf("model.image.blocks.10.weight"), 0.1);
  assert.equal(factorOf("model.kinds"), 0.1);
  assert.equal(factorOf("heads.answer.bias"), 1);
  const overruled = groupsOf({
    factors: [
      { path: "model.image.blocks.1", factor: 5 },
      { path: "model", factor: 0.1 },
    ],
    freeze: [],
  });
  assert.ok(overruled.every(({ factor }) => factor !== 5));
});

test("what is frozen is in no group", () => {
  const groups = groupsOf({ factors: [], freeze: ["model.image.blocks.1", "model.kinds"] });
  assert.deepEqual(
    groups.flatMap(({ names }) => names),
    [
      "model.image.blocks.10.weight",
      "heads.answer.weight",
      "model.image.blocks.10.bias",
      "heads.answer.bias",
    ],
  );
});

test("a layer's factor multiplies the module's", () => {
  const groups = groupsOf({
    factors: [{ path: "model.image", factor: 4 }],
    layerDecay: [{ path: "model.image", factor: 0.5 }],
    freeze: [],
  });
  const factorOf = (name: string) => groups.find(({ names }) => names.includes(name))!.factor;
  assert.equal(factorOf("model.image.blocks.10.weight"), 4 / 2);
  assert.equal(factorOf("model.image.blocks.1.bias"), 4 / 2 ** 10);
  assert.equal(factorOf("model.kinds"), 1);
});

test("what is frozen for a time has groups of its own", () => {
  const groups = groupParameters(parameters, {
    factors: [],
    freeze: [{ path: "model.image", until: 3 }, "model.kinds"],
  } as unknown as TrainConfig);
  const namesAt = (step: number) => learningAt(groups, step).map(({ name }) => name);
  assert.deepEqual(namesAt(2), ["heads.answer.weight", "heads.answer.bias"]);
  assert.equal(namesAt(3).length, 6);
  assert.ok(
    groups.every(({ from, parameters: members }) =>
      members.every(({ name }) => name.startsWith("model") === (from === 3)),
    ),
  );
});

test("buffers are in no group, whatever is frozen", () => {
  const { parameters: normed } = declare((at) => frozenBatchNorm(at.in("model.norm"), 3, 1e-5));
  const groups = groupParameters(normed, { factors: [], freeze: [] } as unknown as TrainConfig);
  assert.deepEqual(
    groups.flatMap((group) => group.parameters.map(({ name }) => name)),
    ["model.norm.weight", "model.norm.bias"],
  );
});

test("a path that fits nothing is an error with the nearest; so is nothing left to learn", () => {
  const config = { factors: [], freeze: [] };
  assert.throws(() => groupsOf({ ...config, freeze: ["model.imag"] }), {
    name: "BifocalError",
    message:
      "train.freeze: expected the path of a module or parameter, got model.imag; did you mean model.image?",
  });
  assert.throws(
    () => groupsOf({ ...config, factors: [{ path: "heads.answr", factor: 2 }] }),
    /train\.factors: .*got heads\.answr; did you mean heads\.answer\?/,
  );
  assert.throws(() => groupsOf({ ...config, freeze: ["model", "heads"] }), /got everything frozen/);
  const frozenAtFirst = ["model", { path: "heads", until: 1 }];
  assert.throws(() => groupsOf({ ...config, freeze: frozenAtFirst }), /got everything frozen/);
  assert.throws(
    () => groupsOf({ ...config, layerDecay: [{ path: "model.imag", factor: 2 }] }),
    /train\.layerDecay: .*got model\.imag; did you mean model\.image\?/,
  );
});
