import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly } from "../backends/reference/finite-differences.ts";
import { graphOf } from "../graph/graph.ts";
import { apply, concat, constant } from "../graph/tensor.ts";
import { type Mode, traced } from "../graph/trace.ts";
import type { ImageState, TextState } from "../models/contracts.ts";
import { declare } from "../nn/scope.ts";
import { hardPairs, itm, type MatchingPairs, randomPairs } from "./itm.ts";

/** What these tests do not look at. */
const nothing = { layers: [], attention: [] };

/** B pictures and texts that carry their number everywhere: P = 2 patches, T = 3 words; text b has b + 1 kept words. */
function states(B: number): { image: ImageState; text: TextState } {
  const filled = (...shape: number[]) => {
    const width = shape.reduce((a, b) => a * b) / B;
    return constant(
      "f32",
      shape,
      Array.from({ length: B * width }, (_, i) => Math.floor(i / width)),
    );
  };
  const keep = constant(
    "bool",
    [B, 3],
    Array.from({ length: B * 3 }, (_, i) => (i % 3 <= Math.floor(i / 3) ? 1 : 0)),
  );
  return {
    image: { patches: filled(B, 2, 4), pooled: filled(B, 4), ...nothing },
    text: { words: filled(B, 3, 5), pooled: filled(B, 5), keep, ...nothing },
  };
}

/** Which picture and which text stand in each row, agreed on by all parts of the states. */
async function rowsOf(build: () => MatchingPairs, mode: Mode, keys: readonly number[]) {
  const key = apply("input", { name: "key", type: { dtype: "i32", shape: [1] } });
  let labels: Float32Array | undefined;
  const graph = traced({ mode, key, isFrozen: () => false }, () => {
    const { image, text, labels: known } = build();
    labels = known;
    return graphOf({
      patches: image.patches,
      picture: image.pooled,
      words: text.words,
      sentence: text.pooled,
      keep: text.keep.cast("f32"),
    });
  });
  const rows = labels!.length;
  const runs = [];
  for (const value of keys) {
    const got = await evaluateExactly(graph, "key" in graph.inputs ? { key: Int32Array.of(value) } : {});
    const numbers = (name: string) => {
      const width = got[name]!.length / rows;
      return Array.from({ length: rows }, (_, r) => {
        const row = got[name]!.subarray(r * width, (r + 1) * width);
        assert.ok(row.every((v) => v === row[0]));
        return row[0]!;
      });
    };
    const [pictures, texts] = [numbers("picture"), numbers("sentence")];
    assert.deepEqual(numbers("patches"), pictures);
    assert.deepEqual(numbers("words"), texts);
    const keptWords = texts.map((text) => Math.min(3, text + 1));
    assert.deepEqual(
      keptWords,
      texts.map((_, r) => got.keep!.subarray(r * 3, r * 3 + 3).reduce((a, b) => a + b)),
    );
    runs.push({ pictures, texts });
  }
  return { labels: [...labels!], runs };
}

test("random pairs: the first half as it is, in the second half every picture beside another text", async () => {
  for (const [B, order] of [
    [2, [0, 0]],
    [3, [0, 1, 0]],
    [4, [0, 1, 3, 2]],
    [5, [0, 1, 2, 4, 3]],
    [7, [0, 1, 2, 3, 5, 6, 4]],
  ] as const) {
    const { image, text } = states(B);
    const { labels, runs } = await rowsOf(() => randomPairs(image, text), "eval", [0]);
    const { pictures, texts } = runs[0]!;
    assert.deepEqual(pictures, order);
    assert.deepEqual(
      texts,
      order.map((_, i) => i),
    );
    assert.deepEqual(
      labels,
      order.map((picture, i) => Number(picture === i)),
    );
  }
});

test("hard pairs: B matches, then B texts with drawn pictures, then B pictures with drawn texts, never their own", async () => {
  const B = 4;
  const { image, text } = states(B);
  // Row = picture. Row 0 and column 0 differ, so that a swapped direction shows.
  const chance = [9, 1, 2, 5, 3, 9, 1, 1, 1, 1, 9, 1, 6, 1, 1, 9];
  const similarities = constant("f32", [B, B], chance.map(Math.log));
  const draws = 1500;
  const { labels, runs } = await rowsOf(
    () => hardPairs(image, text, similarities),
    "train",
    Array.from({ length: draws }, (_, i) => i * 7919),
  );
  assert.deepEqual(labels, [1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  const counts = { pictures: [0, 0, 0, 0], texts: [0, 0, 0, 0] };
  for (const { pictures, texts } of runs) {
    assert.deepEqual(pictures.slice(0, B), [0, 1, 2, 3]);
    assert.deepEqual(texts.slice(0, B), [0, 1, 2, 3]);
    assert.deepEqual(texts.slice(B, 2 * B), [0, 1, 2, 3]);
    assert.deepEqual(pictures.slice(2 * B), [0, 1, 2, 3]);
    for (let row = B; row < 3 * B; row++) assert.notEqual(pictures[row], texts[row]);
    counts.pictures[pictures[B]!]!++; // drawn for text 0
    counts.texts[texts[2 * B]!]!++; // drawn for picture 0
  }
  const near = (counted: readonly number[], expected: readonly number[]) => {
    for (const [i, p] of expected.entries()) {
      const within = 5 * Math.sqrt((p * (1 - p)) / draws);
      assert.ok(Math.abs(counted[i]! / draws - p) <= within, `${i}: ${counted[i]! / draws}, not ${p}`);
    }
  };
  near(counts.texts, [0, 1 / 8, 2 / 8, 5 / 8]);
  near(counts.pictures, [0, 3 / 10, 1 / 10, 6 / 10]);
});

test("without training the hardest are taken, also of two", async () => {
  const four = states(4);
  const similarities = constant("f32", [4, 4], [9, 1, 2, 5, 3, 9, 1, 2, 1, 4, 9, 2, 6, 1, 3, 9]);
  const { runs } = await rowsOf(() => hardPairs(four.image, four.text, similarities), "eval", [0]);
  assert.deepEqual(runs[0]!.pictures.slice(4, 8), [3, 2, 3, 0]);
  assert.deepEqual(runs[0]!.texts.slice(8), [3, 0, 1, 0]);
  const two = states(2);
  const pair = await rowsOf(
    () => hardPairs(two.image, two.text, constant("f32", [2, 2], [0, 0, 0, 0])),
    "eval",
    [0],
  );
  assert.deepEqual(pair.runs[0], { pictures: [0, 1, 1, 0, 0, 1], texts: [0, 1, 0, 1, 1, 0] });
});

test("the loss is the mean over all pairs; column 1 means match", async () => {
  const { image, text } = states(3);
  const { model: matching } = declare((at) => itm(at.in("itm"), { width: 9 }));
  const pairs = randomPairs(image, text);
  const pooled = concat([pairs.image.pooled, pairs.text.pooled], 1);
  const { loss, metrics } = matching.loss({ pooled }, pairs.labels);
  const graph = graphOf({ loss, accuracy: metrics.accuracy! });
  const run = async (bias: readonly number[]) => {
    const leaves = { "itm.head.weight": new Float64Array(18), "itm.head.bias": Float64Array.from(bias) };
    const got = await evaluateExactly(graph, leaves);
    return [got.loss![0]!, got.accuracy![0]!];
  };
  const near = (got: readonly number[], expected: readonly number[]) => {
    for (const [i, v] of expected.entries())
      assert.ok(Math.abs(got[i]! - v) < 1e-6, `${got} is not ${expected}`);
  };
  near([(await run([0, 0]))[0]!], [Math.LN2]);
  // Labels 1 1 0; the odds of a match are 3: costs ln 4/3, ln 4/3, ln 4.
  near(await run([0, Math.log(3)]), [(2 * Math.log(4 / 3) + Math.log(4)) / 3, 2 / 3]);
});
