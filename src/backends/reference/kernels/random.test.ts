import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { apply, constant } from "../../../graph/tensor.ts";
import { evaluateConstant } from "../index.ts";

function wordsOf(shape: readonly number[], key: number, site: number): Int32Array {
  const { node } = apply("randomBits", { shape, site }, constant("i32", [1], [key]));
  return evaluateConstant(node, [Int32Array.of(key)])[0] as Int32Array;
}

const [rows, columns, rate] = [64, 512, 0.1];

/** What dropout makes of the words: (hit - rate) / sqrt(rate (1 - rate)), of mean 0 and variance 1. */
function hitsOf(words: Int32Array): Float64Array {
  const threshold = Math.round(rate * 2 ** 32 - 2 ** 31);
  return Float64Array.from(words, (word) => (Number(word < threshold) - rate) / Math.sqrt(rate * (1 - rate)));
}

function split(hits: Float64Array, along: "rows" | "columns"): Float64Array[] {
  const [count, length] = along === "rows" ? [rows, columns] : [columns, rows];
  return Array.from({ length: count }, (_, i) =>
    Float64Array.from({ length }, (_, j) => hits[along === "rows" ? i * columns + j : j * columns + i]!),
  );
}

function product(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, x, i) => sum + x * b[i]!, 0);
}

/** Shifted and scaled so that products are correlations, times sqrt(n - 1): of mean 0 and variance 1 when independent. */
function standardised(line: Float64Array): Float64Array {
  const mean = line.reduce((sum, x) => sum + x, 0) / line.length;
  const centred = line.map((x) => x - mean);
  const scale = (line.length - 1) ** 0.25 / Math.sqrt(product(centred, centred));
  return centred.map((x) => x * scale);
}

const within = (value: number, sigmas: number, what: string) =>
  assert.ok(Math.abs(value) < sigmas, `${what}: ${value.toFixed(2)} standard deviations`);

test("the words are pinned, whatever computes them", () => {
  assert.deepEqual(
    [...wordsOf([2, 3], 12345, 7)],
    [-1026989093, 1391145895, -1773392261, -835330795, -70631671, -406727563],
  );
  assert.deepEqual(
    [...wordsOf([1, 2, 1, 3], -1, 0)],
    [1995725795, -447227967, -605103497, -1781093261, 1871068657, -1781608761],
  );
  assert.deepEqual(wordsOf([3, 4, 5], 9, 2), wordsOf([12, 5], 9, 2));
});

describe("randomBits at a rate of 0.1 on [64, 512] looks like independent draws", () => {
  for (const [key, site] of [
    [1, 0],
    [-987654321, 3],
    [0, 17],
  ] as const) {
    const words = wordsOf([rows, columns], key, site);
    const hits = hitsOf(words);

    for (const along of ["rows", "columns"] as const) {
      test(`key ${key} site ${site}: rates and correlations of ${along}`, () => {
        const lines = split(hits, along);
        const rates = lines.map((line) => line.reduce((sum, x) => sum + x, 0) / Math.sqrt(line.length));
        // Counts of about 6 in a column are skewed: 4 standard deviations up are not rare among 512.
        for (const z of rates) within(z, along === "rows" ? 4 : 5, `rate of one of ${along}`);
        const spread = rates.reduce((sum, z) => sum + z * z, 0) / rates.length - 1;
        within(spread / Math.sqrt(2 / rates.length), 4, `spread of the rates of ${along}`);

        // A column of 64 without a single hit has no correlation.
        const varied = lines.filter((line) => line.some((x) => x !== line[0])).map(standardised);
        const pairs = varied.flatMap((a, i) => varied.slice(0, i).map((b) => product(a, b)));
        const squares = pairs.reduce((sum, z) => sum + z * z, 0) / pairs.length - 1;
        within(squares / Math.sqrt(2 / pairs.length), 4, `squared correlations of ${along}`);
        const mean = pairs.reduce((sum, z) => sum + z, 0) / Math.sqrt(pairs.length);
        within(mean, 4, `mean correlation of ${along}`);
      });
    }

    test(`key ${key} site ${site}: sites and keys share nothing`, () => {
      for (const [otherKey, otherSite] of [
        [key, site + 1],
        [key + 1, site],
        [key ^ 1, site],
        [key + 1, site + 1],
      ] as const) {
        const other = hitsOf(wordsOf([rows, columns], otherKey, otherSite));
        within(product(standardised(hits), standardised(other)), 4, `key ${otherKey} site ${otherSite}`);
      }
    });

    test(`key ${key} site ${site}: the top 8 bits are uniform`, () => {
      const counts = new Float64Array(256);
      for (const word of words) counts[word >>> 24]!++;
      const expected = words.length / 256;
      const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
      within((chiSquare - 255) / Math.sqrt(2 * 255), 4, "chi-square of 255 degrees of freedom");
    });
  }
});
