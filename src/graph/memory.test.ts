import assert from "node:assert/strict";
import { test } from "node:test";
import { graphOf } from "./graph.ts";
import { peakMemory } from "./memory.ts";
import { apply } from "./tensor.ts";

const input = (name: string, ...shape: number[]) => apply("input", { name, type: { dtype: "f32", shape } });

test("results live from their node to their last reader", () => {
  const x = input("x", 2, 3);
  const product = x.matmul(input("w", 3, 5)); // 2 x 5 x 4 = 40 bytes
  const other = product.matmul(input("v", 5, 7)); // 2 x 7 x 4 = 56 bytes beside the 40
  const sum = product.matmul(other, { transA: true }); // 5 x 7 x 4 = 140 bytes beside both
  assert.equal(peakMemory(graphOf({ y: sum.sumAll() })), 40 + 56 + 140);
});

test("leaves, constants and outputs are not counted", () => {
  const x = input("x", 2, 3);
  const y = x.matmul(input("w", 3, 5));
  assert.equal(peakMemory(graphOf({ y })), 0);
  assert.equal(peakMemory(graphOf({ y, z: y.sumAll() })), 0);
  assert.equal(peakMemory(graphOf({ z: y.add(1).sumAll() })), 40);
});

test("an elementwise result takes over an input that dies with it, through reshapes too", () => {
  const product = input("x", 2, 3).matmul(input("w", 3, 5)); // 40 bytes
  const reused = product.reshape([5, 2]).exp().reshape([10]).tanh();
  assert.equal(peakMemory(graphOf({ y: reused.sumAll() })), 40);
  // The gradient reads both results, so neither can be written over.
  const kept = product.exp();
  assert.equal(peakMemory(graphOf({ y: kept.mul(product).sumAll() })), 80);
});

test("sizes follow dtypes, and what nobody reads dies at once", () => {
  const less = input("x", 2, 3).less(input("y", 2, 3)); // bool: 6 bytes
  assert.equal(peakMemory(graphOf({ z: less.cast("f32").sumAll() })), 6 + 24);
  const norm = apply("layerNorm", { epsilon: 1e-5 }, input("x", 4, 6), input("s", 6), input("b", 6));
  // y 96 bytes, mean and inverse deviation 16 each beside it, dead when y is read.
  assert.equal(peakMemory(graphOf({ y: norm.sumAll() })), 96 + 16 + 16);
});
