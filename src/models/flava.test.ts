/** What is special about FLAVA; test/parity compares it with the published classes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { countParameters, declare } from "../nn/scope.ts";
import { colours } from "./colours.ts";
import { dallE } from "./dall-e.ts";
import { type FlavaConfig, flava } from "./flava.ts";

const base = {
  width: 768,
  depth: 12,
  heads: 12,
  hidden: 3072,
  activation: "exact",
  dropout: 0,
  epsilon: 1e-12,
} as const;

const config: FlavaConfig = {
  image: { ...base, kind: "vit", colours: colours.clip, imageSize: 224, patch: 16, normFirst: false },
  text: { ...base, kind: "bert", vocab: 30522, textLength: 512, positionOffset: 0, segments: 2, norm: "pre" },
  fusion: { ...base, depth: 6, classToken: true },
};

void test("FLAVA has the published sizes", () => {
  const { parameters } = declare((at) => flava(at, config));
  const count = (part: string) =>
    countParameters(parameters.filter(({ name }) => name.startsWith(`${part}.`)));
  assert.deepEqual(
    ["image", "text", "fusion", "projectPatches", "projectWords", "pool"].map(count),
    [85_798_656, 108_893_184, 42_529_536, 590_592, 590_592, 590_592],
  );
});

void test("the codebook has the published size", () => {
  const { parameters } = declare((at) => dallE(at, { width: 256, blocks: 2, codes: 8192, gain: 1 / 64 }));
  assert.equal(countParameters(parameters), 53_786_240);
});
