import assert from "node:assert/strict";
import { test } from "node:test";
import { mix32 } from "../core/rng.ts";
import { sizeOf } from "../core/shape.ts";
import { graphOf } from "../graph/graph.ts";
import type { RandomAttributes } from "../graph/ops/random.ts";
import { apply } from "../graph/tensor.ts";
import { type DrawEmitter, drawsOf, type HashLine } from "./draws.ts";
import { evaluateConstant } from "./reference/index.ts";

/** What an emitter would emit, computed at once: the words behind a value. */
type Value = readonly (readonly number[])[];

const key = apply("input", { name: "key", type: { dtype: "i32", shape: [1] } });
const draw = (site: number, shape: readonly number[], rows?: RandomAttributes["rows"]) =>
  apply("randomBits", { shape, site, ...(rows && { rows }) }, key);

function counted() {
  const sizes: number[][] = [];
  const line = ({ table, line }: HashLine<Value>) => table[line]!;
  const emit: DrawEmitter<Value> = {
    table: ({ side, steps, salts }, value) => {
      const k = value[0]![0]!;
      sizes.push([salts.length, steps.length]);
      const salted = salts.map((salt) => mix32(side === "rows" ? k ^ salt : (k + salt) | 0));
      return salted.map((salt) => Array.from(steps, (step) => mix32(step ^ salt) | 1));
    },
    words: (shape, rows, columns) => {
      const words = line(rows).flatMap((row) => line(columns).map((column) => Math.imul(row, column)));
      assert.equal(words.length, sizeOf(shape));
      return [words];
    },
  };
  return { sizes, emit };
}

test("draws with as many rows or columns share a table, and have the words of the definition", () => {
  const split = { parts: 2, rank: 1, ranks: 3 };
  const draws = [draw(0, [2, 3, 4]), draw(1, [6, 4]), draw(2, [6, 5]), draw(3, [6, 4], split), draw(4, [4])];
  const { sizes, emit } = counted();
  const words = drawsOf(graphOf(Object.fromEntries(draws.map((y, i) => [`y${i}`, y]))), emit);
  for (const { node } of draws) {
    const attributes = node.attributes as RandomAttributes;
    const [expected] = evaluateConstant(node, [Int32Array.of(-987654321)]);
    assert.deepEqual(words(attributes, keyValue)[0], Array.from(expected!));
  }
  const sorted = sizes.map((size) => size.join(" x ")).sort();
  assert.deepEqual(sorted, ["1 x 1", "1 x 5", "1 x 6", "3 x 6", "4 x 4"]);
});

const keyValue: Value = [[-987654321]];

test("the same draw twice, as where blocks are computed again, is one line", () => {
  const { sizes, emit } = counted();
  const words = drawsOf(graphOf({ y: draw(7, [2, 4]), again: draw(7, [2, 4]) }), emit);
  const [first, again] = [1, 2].map(() => words({ shape: [2, 4], site: 7 }, keyValue));
  assert.deepEqual(first, again);
  assert.deepEqual(sizes, [
    [1, 2],
    [1, 4],
  ]);
});

test("another key has tables of its own", () => {
  const { sizes, emit } = counted();
  const words = drawsOf(graphOf({ y: draw(7, [2, 4]) }), emit);
  const [first, other] = [keyValue, [[5]]].map((k) => words({ shape: [2, 4], site: 7 }, k));
  assert.notDeepEqual(first, other);
  assert.equal(sizes.length, 4);
});
