import assert from "node:assert/strict";
import { test } from "node:test";
import { batchOrder } from "./order.ts";

const places = (batch: number, size: number, seed: number, count: number) =>
  Array.from({ length: count }, (_, step) => batchOrder(step, batch, size, seed)).flat();

test("each pass is a permutation, each in its own order, though batches straddle passes", () => {
  const [batch, size] = [4, 37];
  const all = places(batch, size, 1, 37); // 4 passes
  const passes = Array.from({ length: 4 }, (_, pass) => all.slice(pass * size, (pass + 1) * size));
  const sorted = Array.from({ length: size }, (_, i) => i);
  for (const pass of passes) {
    assert.deepEqual(
      [...pass].sort((a, b) => a - b),
      sorted,
    );
    assert.notDeepEqual(pass, sorted);
  }
  assert.notDeepEqual(passes[0], passes[1]);
  assert.notDeepEqual(passes[1], passes[2]);
});

test("the order is that of the seed, whatever the batch", () => {
  assert.deepEqual(places(3, 11, 5, 10), places(5, 11, 5, 6));
  assert.notDeepEqual(places(3, 11, 5, 10), places(3, 11, 6, 10));
});

test("sizes down to one example", () => {
  assert.deepEqual(batchOrder(7, 3, 1, 0), [0, 0, 0]);
  for (const size of [2, 3, 4, 5]) {
    const pass = places(1, size, 9, size);
    assert.deepEqual(
      [...pass].sort(),
      Array.from({ length: size }, (_, i) => i),
    );
  }
});

test("a batch larger than the data takes every example before any a second time", () => {
  const batch = batchOrder(0, 7, 3, 2);
  assert.equal(new Set(batch.slice(0, 3)).size, 3);
  assert.equal(new Set(batch.slice(3, 6)).size, 3);
});
