import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { graphOf } from "../../graph/graph.ts";
import { apply, applyAll, concat, constant, type Tensor } from "../../graph/tensor.ts";
import { atPath } from "../../graph/trace.ts";
import { evaluateExactly } from "./finite-differences.ts";
import { evaluateConstant, referenceBackend } from "./index.ts";

/** All results of constants, by hand-checkable values. */
async function numbersOf(outputs: Record<string, Tensor>): Promise<Record<string, number[]>> {
  const results = await evaluateExactly(graphOf(outputs), {});
  return Object.fromEntries(Object.entries(results).map(([name, data]) => [name, [...data]]));
}

const counting = (...shape: number[]) =>
  constant(
    "f32",
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
  );

describe("ops mean what their definitions say", () => {
  test("moves", async () => {
    const x = counting(2, 3);
    const numbers = await numbersOf({
      transposed: x.transpose([1, 0]),
      cube: counting(2, 2, 3).transpose([2, 0, 1]),
      sliced: x.slice(1, 1, 3),
      padded: x.pad([0, 1], [1, 0]),
      joined: concat([x, constant("f32", [2, 1], [7, 8])], 1),
      expanded: constant("f32", [2, 1], [5, 6]).expand([2, 2, 3]),
    });
    assert.deepEqual(numbers, {
      transposed: [0, 3, 1, 4, 2, 5],
      cube: [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11],
      sliced: [1, 2, 4, 5],
      padded: [0, 0, 1, 2, 0, 3, 4, 5, 0, 0, 0, 0],
      joined: [0, 1, 2, 7, 3, 4, 5, 8],
      expanded: [5, 5, 5, 6, 6, 6, 5, 5, 5, 6, 6, 6],
    });
  });

  test("reductions and ranks", async () => {
    const x = constant("f32", [2, 3], [1, -5, 3, -2, -1, -4]);
    const { values, indices } = x.topK(2);
    const numbers = await numbersOf({
      rows: x.sum(1),
      columns: x.sum(0, true),
      outer: counting(2, 3, 2).sum([0, 2]),
      max: x.max(1),
      values,
      indices,
      best: x.argmax(),
    });
    assert.deepEqual(numbers, {
      rows: [-1, -7],
      columns: [-1, -6, -1],
      outer: [14, 22, 30],
      max: [3, -1],
      values: [3, 1, -1, -2],
      indices: [2, 0, 1, 0],
      best: [2, 1],
    });
  });

  test("products", async () => {
    const [a, b] = [counting(2, 3), counting(3, 2)];
    const numbers = await numbersOf({
      plain: a.matmul(b, { alpha: 2 }),
      first: a.matmul(counting(2, 2), { transA: true }),
      second: a.matmul(counting(2, 3), { transB: true }),
      both: a.matmul(counting(4, 2), { transA: true, transB: true }),
      shared: counting(2, 1, 3).matmul(b),
    });
    assert.deepEqual(numbers, {
      plain: [20, 26, 56, 80],
      first: [6, 9, 8, 13, 10, 17],
      second: [5, 14, 14, 50],
      both: [3, 9, 15, 21, 4, 14, 24, 34, 5, 19, 33, 47],
      shared: [10, 13, 28, 40],
    });
  });

  test("positions", async () => {
    const table = counting(3, 2);
    const ids = constant("i32", [2, 2], [2, 0, 2, 1]);
    const numbers = await numbersOf({
      gathered: table.gather(ids),
      scattered: counting(2, 2, 1).scatterAdd(ids, 4),
      picked: table.pick(constant("i32", [3], [1, 0, 1])),
    });
    assert.deepEqual(numbers, {
      gathered: [4, 5, 0, 1, 4, 5, 2, 3],
      scattered: [1, 3, 2, 0],
      picked: [1, 2, 5],
    });
  });

  test("windows", async () => {
    const x = counting(1, 1, 3, 4);
    const kernel = constant("f32", [1, 1, 2, 2], [1, 10, 100, 1000]);
    const numbers = await numbersOf({
      whole: apply("conv2d", { stride: 1, padding: 0 }, x, kernel),
      strided: apply("conv2d", { stride: 2, padding: 1 }, x, kernel),
      spread: apply(
        "conv2dTranspose",
        { stride: 2, padding: 0, size: [3, 5] },
        constant("f32", [1, 1, 1, 2], [1, 2]),
        kernel,
      ),
      slope: apply(
        "conv2dWeight",
        { stride: 2, padding: 0, size: [2, 2] },
        x,
        constant("f32", [1, 1, 1, 2], [1, 10]),
      ),
    });
    assert.deepEqual(numbers, {
      whole: [5410, 6521, 7632, 9854, 10965, 12076],
      strided: [0, 2100, 300, 8040, 10965, 1107],
      spread: [1, 10, 2, 20, 0, 100, 1000, 200, 2000, 0, 0, 0, 0, 0, 0],
      slope: [20, 31, 64, 75],
    });
  });

  test("normalisation", async () => {
    const x = constant("f32", [1, 4], [1000, 1000 + Math.log(2), 1000, -1000]);
    const [y, mean, inverseStd] = applyAll("layerNorm", { epsilon: 0.75 }, [
      constant("f32", [2, 2], [1, 2, 5, 5]),
      constant("f32", [2], [2, 3]),
      constant("f32", [2], [10, 20]),
    ]);
    const numbers = await numbersOf({
      softmax: x.softmax(),
      y: y!,
      mean: mean!,
      inverseStd: inverseStd!,
    });
    // 1000 + ln 2 is rounded to f32, 6e-5 apart.
    for (const [i, p] of [0.25, 0.5, 0.25, 0].entries()) assert.ok(Math.abs(numbers.softmax![i]! - p) < 1e-4);
    assert.deepEqual(numbers.y, [9, 21.5, 10, 20]);
    assert.deepEqual(numbers.mean, [1.5, 5]);
    assert.deepEqual(numbers.inverseStd, [1, 1 / Math.sqrt(0.75)]);
  });

  test("integers wrap, casts truncate towards zero", async () => {
    const word = constant("i32", [2], [2 ** 31 - 1, 0x12345679]);
    const numbers = await numbersOf({
      sum: word.add(1),
      product: word.mul(0x3456789b),
      truncated: constant("f32", [4], [-1.9, -0.5, 0.5, 1.9]).cast("i32"),
      truth: constant("f32", [3], [-0.25, 0, 2]).cast("bool"),
    });
    assert.deepEqual(numbers, {
      sum: [-(2 ** 31), 0x1234567a],
      product: [Math.imul(2 ** 31 - 1, 0x3456789b), Math.imul(0x12345679, 0x3456789b)],
      truncated: [-1, 0, 0, 1],
      truth: [1, 0, 1],
    });
  });
});

test("Float64Arrays are read and written without rounding, Float32Arrays with", async () => {
  const x = apply("input", { name: "x", type: { dtype: "f32", shape: [1] } });
  const executable = await referenceBackend.compile(graphOf({ y: x.mul(3) }));
  const [exact, rounded] = [new Float64Array(1), new Float32Array(1)];
  await executable.bind({ x: new Float64Array([0.1]) }, { y: exact }).run();
  await executable.bind({ x: new Float64Array([0.1]) }, { y: rounded }).run();
  assert.equal(exact[0], 0.1 * 3);
  assert.equal(rounded[0], Math.fround(0.1 * 3));
});

test("a position out of range is the user's error and names the module", async () => {
  const ids = apply("input", { name: "ids", type: { dtype: "i32", shape: [2] } });
  const words = atPath("text.words", () => counting(3, 2).gather(ids));
  const executable = await referenceBackend.compile(graphOf({ words }));
  const bound = executable.bind({ ids: new Int32Array([1, 3]) }, { words: new Float32Array(4) });
  await assert.rejects(bound.run(), /gather at text\.words: expected positions in \[0, 3\), got 3/);
});

test("evaluateConstant rounds to the dtype of each result", () => {
  const { node } = constant("f32", [2, 2], [0, 0, 0, 0]).topK(1).values;
  const [values, indices] = evaluateConstant(node, [new Float32Array([0.1, 0.2, 9, 8])]);
  assert.deepEqual(values, new Float32Array([0.2, 9]));
  assert.deepEqual(indices, new Int32Array([1, 0]));
});
