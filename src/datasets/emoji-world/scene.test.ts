import assert from "node:assert/strict";
import { test } from "node:test";
import { BifocalError } from "../../core/errors.ts";
import { colours, concepts, quadrants } from "./concepts.ts";
import { type Scene, scene } from "./scene.ts";
import { type Split, splitSizes } from "./splits.ts";

const seed = 3;

function first(split: Split, n: number): Scene[] {
  return Array.from({ length: n }, (_, index) => scene(split, index, seed));
}

test("a scene depends on split, index and seed alone", () => {
  const forwards = first("train", 40);
  const backwards = forwards.map((_, i) => scene("train", 39 - i, seed)).reverse();
  assert.deepEqual(backwards, forwards);
  assert.deepEqual(scene("train", 999_999, seed), scene("train", 999_999, seed));
  assert.notDeepEqual(scene("train", 7, seed), scene("train", 7, seed + 1));
  assert.notDeepEqual(scene("train", 7, seed), scene("val", 7, seed));
});

test("an index outside the split is an error", () => {
  for (const index of [-1, 0.5, splitSizes.val]) {
    assert.throws(() => scene("val", index, seed), BifocalError);
  }
});

test("objects lie inside quadrants of their own", () => {
  const counts = new Map<number, number>();
  for (const { objects } of first("train", 2000)) {
    counts.set(objects.length, (counts.get(objects.length) ?? 0) + 1);
    assert.equal(new Set(objects.map((object) => object.quadrant)).size, objects.length);
    for (const { x, y, side, quadrant, size } of objects) {
      const [left, top] = [quadrants[quadrant]!.includes("left"), quadrants[quadrant]!.includes("top")];
      assert.ok(left ? x >= 0 && x + side <= 0.5 : x >= 0.5 && x + side <= 1);
      assert.ok(top ? y >= 0 && y + side <= 0.5 : y >= 0.5 && y + side <= 1);
      assert.ok(size === "small" ? side < 0.37 : side > 0.43);
    }
  }
  assert.deepEqual([...counts.keys()].sort(), [1, 2, 3, 4]);
});

test("test-combinations shows every object as training never does, and training shows all the rest", () => {
  const places = new Set<string>();
  const grounds = new Set<string>();
  const vendorsSeen = new Set<number>();
  for (const split of ["train", "val", "test"] as const) {
    for (const { objects, background } of first(split, 2000)) {
      for (const { concept, quadrant, vendor } of objects) {
        places.add(`${concept} ${quadrant}`);
        grounds.add(`${concept} ${background.colour}`);
        vendorsSeen.add(vendor);
      }
    }
  }
  assert.equal(places.size, concepts.length * (quadrants.length - 1));
  assert.equal(grounds.size, concepts.length * (colours.length - 1));
  assert.deepEqual([...vendorsSeen].sort(), [0, 1]);
  for (const { objects, background } of first("test-combinations", 2000)) {
    for (const { concept, quadrant } of objects) {
      const known = places.has(`${concept} ${quadrant}`) && grounds.has(`${concept} ${background.colour}`);
      assert.ok(!known);
    }
  }
});

test("all concepts are equally frequent", () => {
  const counts = concepts.map(() => 0);
  for (const { objects } of first("train", 20_000)) for (const { concept } of objects) counts[concept]!++;
  const mean = counts.reduce((sum, n) => sum + n, 0) / counts.length;
  for (const n of counts) assert.ok(Math.abs(n / mean - 1) < 0.12, counts.join(" "));
});

test("test-style redraws test in an unseen style", () => {
  for (let index = 0; index < 200; index++) {
    const { objects, ...rest } = scene("test-style", index, seed);
    const plain = scene("test", index, seed);
    assert.ok(objects.every((object) => object.vendor === 2));
    assert.deepEqual(
      { ...rest, objects: objects.map(({ vendor, ...object }) => object) },
      {
        ...plain,
        objects: plain.objects.map(({ vendor, ...object }) => object),
      },
    );
  }
});
