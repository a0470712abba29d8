import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly } from "../backends/reference/finite-differences.ts";
import { graphOf } from "./graph.ts";
import { atPath } from "./path.ts";
import { dims, rearrange } from "./rearrange.ts";
import { constant, type Tensor } from "./tensor.ts";

const counting = (...shape: number[]) =>
  constant(
    "f32",
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
  );
const numbers = async (y: Tensor) => [...(await evaluateExactly(graphOf({ y }), {})).y!];

test("dims reads sizes and joins letters across tensors", () => {
  const [x, y] = [counting(2, 3, 4), counting(3, 5)];
  assert.deepEqual(dims([x, "B T D"], [y, "T V"]), { B: 2, T: 3, D: 4, V: 5 });
  assert.deepEqual(dims([x, "B 3 D"]), { B: 2, "3": 3, D: 4 });
});

test("dims names module, pattern, letter and both sizes", () => {
  const [x, y] = [counting(2, 3), counting(2, 4)];
  const at = (build: () => unknown) => () => atPath("text.blocks.1", build);
  assert.throws(
    at(() => dims([x, "B T"], [y, "B T"])),
    /"B T" at text\.blocks\.1: expected T = 3, got \[2, 4\]/,
  );
  assert.throws(
    at(() => dims([x, "B T D"])),
    /expected 3 axes, got \[2, 3\]/,
  );
  assert.throws(
    at(() => dims([x, "B 4"])),
    /expected 4 = 4, got \[2, 3\]/,
  );
});

test("rearrange splits, moves and joins axes", async () => {
  const heads = rearrange(counting(1, 2, 6), "B N (H K) -> B H N K", { H: 3 });
  assert.deepEqual(heads.shape, [1, 3, 2, 2]);
  assert.deepEqual(await numbers(heads), [0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11]);
  const back = rearrange(heads, "B H N K -> B N (H K)");
  assert.deepEqual(
    await numbers(back),
    Array.from({ length: 12 }, (_, i) => i),
  );
  const joined = rearrange(counting(2, 3), "a b -> (b a)");
  assert.deepEqual(await numbers(joined), [0, 3, 1, 4, 2, 5]);
});

test("rearrange refuses what does not fit", () => {
  const x = counting(2, 6);
  assert.throws(() => rearrange(x, "B N D -> B D N"), /expected 3 axes and an arrow, got \[2, 6\]/);
  assert.throws(() => rearrange(x, "B D"), /arrow/);
  assert.throws(() => rearrange(x, "B (H K) -> B H K", { H: 4 }), /axis 1 to split into \(H K\)/);
  assert.throws(() => rearrange(x, "B (H K) -> B H K"), /axis 1 to split into \(H K\)/);
  assert.throws(() => rearrange(x, "B (H K) -> B H K", { H: 2, K: 2 }), /axis 1 to split into \(H K\)/);
  assert.throws(() => rearrange(x, "B D -> B"), /the same letters on both sides/);
});
