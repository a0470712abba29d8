import assert from "node:assert/strict";
import { test } from "node:test";
import { rng } from "../core/rng.ts";
import { type Follow, type SearchOptions, search, type Writing } from "./beam-search.ts";

const [start, end, V, longest] = [0, 1, 6, 4];
const writing: Writing = {
  start,
  end,
  allowed: Array.from({ length: V }, (_, id) => id > 1 && id !== 5),
  longest,
};

/** Log probabilities that depend on text and beginning alone. */
function scores(text: number, beginning: readonly number[]): Float32Array {
  const draw = rng("scores", text, beginning.join());
  const logits = Array.from({ length: V }, (_, id) => 2 * draw.normal() - (id === end ? 1 : 0));
  const sum = Math.log(logits.reduce((total, x) => total + Math.exp(x), 0));
  return Float32Array.from(logits, (x) => x - sum);
}
const follow: Follow = async (rows) => rows.map((text, i) => text.map((beginning) => scores(i, beginning)));

/** Every text there is, with its score. */
function all(text: number, alpha: number) {
  const found: { tokens: number[]; sum: number; score: number; ended: boolean }[] = [];
  const grow = (tokens: readonly number[], sum: number) => {
    if (tokens.length === longest) {
      found.push({ tokens: [...tokens], sum, score: sum / ((5 + longest) / 6) ** alpha, ended: false });
      return;
    }
    for (const [id, score] of scores(text, [start, ...tokens]).entries()) {
      if (id === end) {
        const length = tokens.length + 1;
        const total = sum + score;
        found.push({
          tokens: [...tokens],
          sum: total,
          score: total / ((5 + length) / 6) ** alpha,
          ended: true,
        });
      } else if (writing.allowed[id]) grow([...tokens, id], sum + score);
    }
  };
  grow([], 0);
  return found.sort((a, b) => b.score - a.score);
}

const find = (options: SearchOptions, count = 12) => search(count, options, writing, follow);

void test("beams enough for every beginning find the best text there is", async () => {
  for (const lengthPenalty of [0, 0.6, 1.5]) {
    const found = await find({ beams: 40, lengthPenalty });
    for (const [text, { tokens, logProbability, ended }] of found.entries()) {
      const [best] = all(text, lengthPenalty);
      assert.deepEqual([tokens, ended], [best!.tokens, best!.ended]);
      assert.ok(Math.abs(logProbability - best!.sum) < 1e-5);
    }
  }
});

void test("one beam takes the likeliest token each time and stops at the end", async () => {
  for (const [text, { tokens, ended }] of (await find({ beams: 1, lengthPenalty: 0.6 })).entries()) {
    const expected: number[] = [];
    for (;;) {
      const row = scores(text, [start, ...expected]);
      const ids = [...row.keys()].filter((id) => id === end || writing.allowed[id]);
      const id = ids.reduce((best, other) => (row[other]! > row[best]! ? other : best));
      if (id === end || expected.length === longest) break;
      expected.push(id);
    }
    assert.deepEqual(tokens, expected);
    assert.equal(ended, expected.length < longest);
  }
});

void test("more beams find likelier texts on the whole; a penalty on length makes them longer", async () => {
  const mean = async (options: SearchOptions, of: "logProbability" | "length") => {
    const found = await find(options, 60);
    return (
      found.reduce((sum, text) => sum + (of === "length" ? text.tokens.length : text.logProbability), 0) / 60
    );
  };
  const sums = [];
  for (const beams of [1, 3, 40]) sums.push(await mean({ beams, lengthPenalty: 0 }, "logProbability"));
  assert.ok(sums[0]! < sums[1]! && sums[1]! <= sums[2]!, sums.join());
  const short = await mean({ beams: 5, lengthPenalty: 0 }, "length");
  assert.ok(short < (await mean({ beams: 5, lengthPenalty: 3 }, "length")));
});

void test("searches side by side do not change each other", async () => {
  const together = await find({ beams: 3, lengthPenalty: 0.6 }, 5);
  assert.deepEqual(together, (await find({ beams: 3, lengthPenalty: 0.6 }, 12)).slice(0, 5));
});
