/** BEiT's files under their original names, as a tower of its own and below VLMo, which starts from them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { colours } from "#src/models/colours.ts";
import { originalBeitRules } from "#src/models/encoders/beit.original.ts";
import { type VitConfig, vit } from "#src/models/encoders/vit.ts";
import { vlmo } from "#src/models/vlmo.ts";
import { declare, type Scope } from "#src/nn/scope.ts";
import { compareOriginal } from "./original.ts";

const tower = {
  imageSize: 24,
  patch: 6,
  width: 18,
  depth: 2,
  heads: 3,
  hidden: 27,
  activation: "exact",
  dropout: 0,
  normFirst: false,
  epsilon: 1e-6,
  positions: "none",
  relativePositions: "each",
  projectionBias: "not-key",
  layerScale: 0.1,
} as const;

void test("BEiT under its original names", () => {
  const c: VitConfig = { ...tower, pooling: "mean", finalNorm: "summary" };
  return compareOriginal("beit", {
    rules: originalBeitRules(c),
    build: (at) => {
      const model = vit(at, c);
      return ({ image }) => {
        const { pooled, layers } = model.encode({ pixels: image! });
        return { features: pooled, last: layers.at(-1)! };
      };
    },
  });
});

void test("a BEiT fills all below VLMo's image", () => {
  const image = { ...tower, kind: "vit", colours: colours.halves } as const;
  const words = {
    kind: "words",
    vocab: 11,
    textLength: 5,
    positionOffset: 0,
    segments: 2,
    dropout: 0,
    epsilon: 1e-12,
  } as const;
  const shapes = (build: (at: Scope) => unknown) =>
    declare(build)
      .parameters.map(({ name, shape }) => `${name} ${shape}`)
      .sort();
  const all = shapes((at) => vlmo(at, { image, text: { ...words, width: 18 }, jointFrom: 1 }));
  assert.deepEqual(
    all.filter((name) => name.startsWith("image.")),
    shapes((at) => vit(at.in("image"), image)),
  );
});
