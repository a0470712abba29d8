import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly } from "../backends/reference/finite-differences.ts";
import { graphOf } from "../graph/graph.ts";
import { gridBias, gridPositions } from "./grid-positions.ts";
import { declare } from "./scope.ts";

const config = { width: 5, grid: [2, 3], specials: 2, interpolation: "bicubic" } as const;

test("a table for its own grid is the table; fixed ones are not trained", () => {
  for (const kind of ["learned", "fixed"] as const) {
    const { model, parameters } = declare((at) => gridPositions(at.in("p"), { ...config, kind }));
    const [{ name, shape, isBuffer, tensor }] = parameters as [(typeof parameters)[0]];
    assert.deepEqual([name, shape, isBuffer], ["p.positions", [8, 5], kind === "fixed"]);
    assert.equal(model([2, 3]), tensor);
  }
});

test("another grid keeps the special rows and, where all patches are alike, the patches", async () => {
  const { model } = declare((at) => gridPositions(at.in("p"), { ...config, kind: "learned" }));
  const table = Float64Array.from({ length: 40 }, (_, i) => (i < 10 ? i : 100 + (i % 5)));
  const { y } = await evaluateExactly(graphOf({ y: model([3, 4]) }), { "p.positions": table });
  const expected = Array.from({ length: (2 + 12) * 5 }, (_, i) => (i < 10 ? i : 100 + (i % 5)));
  for (const [i, value] of expected.entries()) assert.ok(Math.abs(y![i]! - value) < 1e-5, `[${i}]: ${y![i]}`);
});

test("a bias is the same wherever query and key lie equally far apart, and its own for the class token", async () => {
  const [rows, columns, heads] = [3, 3, 2];
  const { model, parameters } = declare((at) => gridBias(at.in("b"), { heads, grid: [rows, columns] }));
  assert.deepEqual(parameters[0]!.shape, [5 * 5 + 3, heads]);
  const y = model([rows, columns]);
  assert.deepEqual(y.shape, [1, heads, 10, 10]);
  const table = Float64Array.from({ length: 28 * heads }, (_, i) => i);
  const got = (await evaluateExactly(graphOf({ y }), { "b.table": table })).y!;
  const at = (head: number, query: number, key: number) => got[(head * 10 + query) * 10 + key]!;
  // Row and column of query minus key, both from -2 to 2, count the table's rows.
  assert.equal(at(0, 5, 5), 12 * heads);
  assert.equal(at(1, 1, 9), 0 * heads + 1);
  assert.equal(at(0, 2, 1), 13 * heads);
  assert.equal(at(0, 6, 5), at(0, 2, 1));
  assert.equal(at(0, 4, 1), 17 * heads);
  assert.deepEqual(
    [at(1, 0, 4), at(1, 4, 0), at(1, 0, 0)],
    [25, 26, 27].map((row) => row * heads + 1),
  );
});

test("for another grid the distances are resized", async () => {
  const { model } = declare((at) => gridBias(at.in("b"), { heads: 1, grid: [2, 2] }));
  const y = model([1, 3]);
  assert.deepEqual(y.shape, [1, 1, 4, 4]);
  const table = Float64Array.from({ length: 12 }, (_, i) => (i < 9 ? [3, 6, 9][i % 3]! : 50 + i));
  const got = [...(await evaluateExactly(graphOf({ y }), { "b.table": table })).y!];
  // Three distances 3, 6, 9 become five, -2 to 2; the last key is two away from the first patch.
  const [from, to, self] = [59, 60, 61];
  const bilinear = [3, 4.2, 6, 7.8, 9];
  const row = (patch: number) => [to, ...[0, 1, 2].map((key) => bilinear[patch - key + 2]!)];
  const expected = [[self, from, from, from], row(0), row(1), row(2)].flat();
  for (const [i, value] of expected.entries())
    assert.ok(Math.abs(got[i]! - value) < 1e-5, `[${i}]: ${got[i]}, ${value}`);
});
