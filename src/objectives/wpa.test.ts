import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly } from "../backends/reference/finite-differences.ts";
import { gradients } from "../graph/grad.ts";
import { graphOf } from "../graph/graph.ts";
import { apply, constant } from "../graph/tensor.ts";
import { type AlignedPairs, alignment, contentOf, wpa } from "./wpa.ts";

const [C, T, P, F, specials] = [3, 6, 5, 4, 1];
const wordLeaf = apply("input", { name: "words", type: { dtype: "f32", shape: [C, T, F] } });
const patchLeaf = apply("input", { name: "patches", type: { dtype: "f32", shape: [C, P, F] } });
const leaves = {
  words: Float64Array.from({ length: C * T * F }, (_, i) => Math.sin(i * i + 1)),
  patches: Float64Array.from({ length: C * P * F }, (_, i) => Math.cos(i * i + 2 * i)),
};
/** Tokens of each text and patches of each picture, special ones included. */
const [textLengths, pictureLengths] = [
  [6, 4, 3],
  [5, 3, 4],
];
const marked = (lengths: readonly number[], n: number) =>
  constant(
    "bool",
    [C, n],
    Array.from({ length: C * n }, (_, i) => (i % n < lengths[Math.floor(i / n)]! ? 1 : 0)),
  );

/** Rows of one picture or text that take part. */
const rowsOf = (values: Float64Array, c: number, n: number, from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => [
    ...values.subarray((c * n + from + i) * F, (c * n + from + i + 1) * F),
  ]);
const cosine = (a: readonly number[], b: readonly number[]) => {
  const dot = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
};

/** Xie et al. 2018, algorithm 1, one pair at a time and without padding. */
function plainPlan(cost: readonly (readonly number[])[], beta: number, steps: number): number[][] {
  const [m, n] = [cost.length, cost[0]!.length];
  let plan = cost.map((row) => row.map(() => 1));
  let sigma = cost.map(() => 1 / m);
  for (let step = 0; step < steps; step++) {
    const q = plan.map((row, i) => row.map((mass, j) => mass * Math.exp(-cost[i]![j]! / beta)));
    const delta = Array.from(
      { length: n },
      (_, j) => 1 / (n * q.reduce((sum, row, i) => sum + row[j]! * sigma[i]!, 0)),
    );
    sigma = q.map((row) => 1 / (m * row.reduce((sum, mass, j) => sum + mass * delta[j]!, 0)));
    plan = q.map((row, i) => row.map((mass, j) => mass * sigma[i]! * delta[j]!));
  }
  return plan;
}

const costOf = (values: typeof leaves, c: number) =>
  rowsOf(values.words, c, T, 1, textLengths[c]! - 1).map((word) =>
    rowsOf(values.patches, c, P, specials, pictureLengths[c]!).map((patch) => 1 - cosine(word, patch)),
  );
const distance = (cost: number[][], plan: number[][]) =>
  cost.reduce((sum, row, i) => sum + row.reduce((part, value, j) => part + value * plan[i]![j]!, 0), 0);

const pairs: AlignedPairs = {
  image: { keep: marked(pictureLengths, P) },
  text: { keep: marked(textLengths, T) },
  labels: Float32Array.of(1, 0, 1),
};
const output = wpa({ words: wordLeaf, patches: patchLeaf }, pairs, specials);
const near = (got: number, expected: number, within = 1e-5) =>
  assert.ok(Math.abs(got - expected) < within, `expected ${expected}, got ${got}`);

test("the loss is what the plain algorithm gives, matched less mismatched", async () => {
  const distances = [0, 1, 2].map((c) => distance(costOf(leaves, c), plainPlan(costOf(leaves, c), 0.5, 50)));
  const { matched, mismatched } = output.metrics;
  const found = await evaluateExactly(
    graphOf({ loss: output.loss, matched: matched!, mismatched: mismatched! }),
    leaves,
  );
  near(found.loss![0]!, (distances[0]! - distances[1]! + distances[2]!) / 3);
  near(found.matched![0]!, (distances[0]! + distances[2]!) / 2);
  near(found.mismatched![0]!, distances[1]!);
});

test("a plan shares out equal weights: its rows and columns sum to one over their number, zeros elsewhere", async () => {
  const [words, patches] = [contentOf(marked(textLengths, T)), marked([5, 3, 4], P)];
  const { plan } = alignment({ words: wordLeaf, patches: patchLeaf }, words, patches, {
    beta: 0.1,
    steps: 200,
  });
  const { plan: found } = await evaluateExactly(graphOf({ plan }), leaves);
  for (let c = 0; c < C; c++) {
    const content = textLengths[c]! - 2;
    const mass = (t: number, p: number) => found![(c * T + t) * P + p]!;
    for (let t = 0; t < T; t++) {
      const row = Array.from({ length: P }, (_, p) => mass(t, p)).reduce((a, b) => a + b);
      near(row, t > 0 && t <= content ? 1 / content : 0, 1e-6);
    }
    for (let p = 0; p < P; p++) {
      const column = Array.from({ length: T }, (_, t) => mass(t, p)).reduce((a, b) => a + b);
      near(column, p < pictureLengths[c]! ? 1 / pictureLengths[c]! : 0, 1e-3);
    }
  }
});

test("the gradient moves words and patches, not the plan", async () => {
  const slopes = gradients(output.loss, [wordLeaf, patchLeaf]);
  const found = await evaluateExactly(graphOf({ words: slopes[0]!, patches: slopes[1]! }), leaves);
  const plans = [0, 1, 2].map((c) => plainPlan(costOf(leaves, c), 0.5, 50));
  const loss = (values: typeof leaves) =>
    [1, -1, 1].reduce((sum, sign, c) => sum + (sign * distance(costOf(values, c), plans[c]!)) / C, 0);
  for (const leaf of ["words", "patches"] as const) {
    for (const i of leaves[leaf].keys()) {
      const moved = (by: number) => ({ ...leaves, [leaf]: leaves[leaf].with(i, leaves[leaf][i]! + by) });
      near(found[leaf]![i]!, (loss(moved(1e-5)) - loss(moved(-1e-5))) / 2e-5);
    }
  }
});

test("a text of special tokens alone costs nothing", async () => {
  const empty = { ...pairs, text: { keep: marked([2, 2, 2], T) } };
  const { loss } = wpa({ words: wordLeaf, patches: patchLeaf }, empty, specials);
  const found = await evaluateExactly(graphOf({ loss, slope: gradients(loss, [wordLeaf])[0]! }), leaves);
  assert.equal(found.loss![0], 0);
  assert.ok(found.slope!.every((slope) => slope === 0));
});
