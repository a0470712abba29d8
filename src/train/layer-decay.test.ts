import assert from "node:assert/strict";
import { test } from "node:test";
import { zeros } from "../nn/init.ts";
import { linear } from "../nn/linear.ts";
import { declare } from "../nn/scope.ts";
import { layerFactors } from "./layer-decay.ts";

const factorsOf = (names: readonly string[], path: string) => {
  const { parameters } = declare((at) => names.map((name) => at.param(name, [2], zeros)));
  return Object.fromEntries(layerFactors(parameters, path, 0.5));
};

test("factors halve from the last layer to what lies in front of the first", () => {
  const names = [
    "a.patches",
    "a.class",
    "a.blocks.0.up",
    "a.blocks.1.up",
    "a.blocks.2.up",
    "a.blocks.2.gain",
    "a.norm",
  ];
  assert.deepEqual(factorsOf([...names, "ab.blocks.0.up", "heads.x"], "a"), {
    "a.patches": 1 / 16,
    "a.class": 1 / 16,
    "a.blocks.0.up": 1 / 8,
    "a.blocks.1.up": 1 / 4,
    "a.blocks.2.up": 1 / 2,
    "a.blocks.2.gain": 1 / 2,
    "a.norm": 1,
  });
});

test("layers of two streams side by side have the numbers of their names", () => {
  assert.deepEqual(
    factorsOf(["f.words.0.a.w", "f.words.1.a.w", "f.patches.0.a.w", "f.patches.1.a.w", "f.pool"], "f"),
    {
      "f.words.0.a.w": 1 / 4,
      "f.words.1.a.w": 1 / 2,
      "f.patches.0.a.w": 1 / 4,
      "f.patches.1.a.w": 1 / 2,
      "f.pool": 1,
    },
  );
});

test("layers of a pyramid are counted through its stages; what leads to the next stage belongs to the last layer", () => {
  const names = [
    "s.stages.0.blocks.0.w",
    "s.stages.0.merge.w",
    "s.stages.1.blocks.0.w",
    "s.stages.1.blocks.1.w",
  ];
  assert.deepEqual(factorsOf(["s.patches", ...names, "s.norm"], "s"), {
    "s.patches": 1 / 16,
    "s.stages.0.blocks.0.w": 1 / 8,
    "s.stages.0.merge.w": 1 / 8,
    "s.stages.1.blocks.0.w": 1 / 4,
    "s.stages.1.blocks.1.w": 1 / 2,
    "s.norm": 1,
  });
});

test("a module without layers has no first and last", () => {
  const { parameters } = declare((at) => linear(at.in("heads.answer"), { from: 2, to: 3 }));
  assert.throws(
    () => layerFactors(parameters, "heads.answer", 0.5),
    /train\.layerDecay: .*got heads\.answer/,
  );
});
