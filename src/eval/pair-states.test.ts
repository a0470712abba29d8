import assert from "node:assert/strict";
import { test } from "node:test";
import { apply, type Tensor } from "../graph/tensor.ts";
import type { FusionModel, ImageState, TextState } from "../models/contracts.ts";
import { namedStates, statesOf, statesRead } from "./pair-states.ts";

const input = (name: string, ...shape: number[]) => apply("input", { name, type: { dtype: "f32", shape } });
const keep = apply("input", { name: "mask", type: { dtype: "bool", shape: [2, 5] } });
const image: ImageState = {
  patches: input("a", 2, 3, 4),
  pooled: input("b", 2, 4),
  layers: [input("c", 2, 3, 4), input("d", 2, 3, 4)],
  attention: [],
};
const text: TextState = {
  words: input("e", 2, 5, 6),
  pooled: input("f", 2, 6),
  keep,
  layers: [],
  attention: [],
};

test("states go through their names unchanged", () => {
  const back = statesOf(namedStates(image, text), keep);
  assert.deepEqual(back, { image, text });
});

test("which patches are padding goes through as numbers", () => {
  const shown = apply("input", { name: "shown", type: { dtype: "bool", shape: [2, 3] } });
  const named = namedStates({ ...image, keep: shown }, text);
  assert.equal(named["image.keep"]!.dtype, "f32");
  const back = statesOf(named, keep).image.keep!;
  assert.deepEqual([back.dtype, back.shape], ["bool", [2, 3]]);
  const fuse = (pictures: ImageState) => ({ pooled: pictures.keep!.cast("f32") });
  assert.deepEqual(statesRead({ fuse } as unknown as FusionModel, named, keep), new Set(["image.keep"]));
});

test("what a fusion reads for its summary is found, layers of a tower among them, the mask too", () => {
  const fuse = (pictures: ImageState, texts: TextState) => ({
    pooled: pictures.layers[1]!.mean(1).add(texts.keep.cast("f32").slice(1, 0, 4)),
    words: texts.words as Tensor,
  });
  const read = statesRead({ fuse } as unknown as FusionModel, namedStates(image, text), keep);
  assert.deepEqual(read, new Set(["image.layers.1", "keep"]));
});
