import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly } from "../backends/reference/finite-differences.ts";
import { graphOf } from "../graph/graph.ts";
import { apply } from "../graph/tensor.ts";
import { declare } from "./scope.ts";
import { textEmbedding, textTables } from "./text-embedding.ts";

const wave = (length: number, speed: number) =>
  Float64Array.from({ length }, (_, i) => Math.sin(speed * i + 1));

const idsOf = (B: number, T: number) =>
  apply("input", { name: "ids", type: { dtype: "i32", shape: [B, T] } });

void test("a text is word + position + segment 0, normalised", async () => {
  const [B, T, D] = [2, 3, 4];
  const { model, parameters } = declare((at) =>
    textEmbedding(at.in("e"), {
      vocab: 7,
      width: D,
      textLength: 5,
      positionOffset: 0,
      segments: 2,
      dropout: 0,
      epsilon: 1e-5,
    }),
  );
  assert.deepEqual(
    parameters.map(({ name, shape }) => [name, shape]),
    [
      ["e.words", [7, D]],
      ["e.positions", [5, D]],
      ["e.segments", [2, D]],
      ["e.norm.weight", [D]],
      ["e.norm.bias", [D]],
    ],
  );
  const [words, positions, segments] = [wave(7 * D, 1.3), wave(5 * D, 0.7), wave(2 * D, 2.1)];
  const [scale, shift] = [wave(D, 0.4), wave(D, 0.9)];
  const ids = Int32Array.of(6, 0, 3, 3, 5, 1);
  const expected = Array.from(ids).flatMap((id, i) => {
    const row = Array.from(
      { length: D },
      (_, d) => words[id * D + d]! + positions[(i % T) * D + d]! + segments[d]!,
    );
    const mean = row.reduce((a, b) => a + b) / D;
    const variance = row.reduce((a, b) => a + (b - mean) ** 2, 0) / D;
    return row.map((value, d) => ((value - mean) / Math.sqrt(variance + 1e-5)) * scale[d]! + shift[d]!);
  });
  const { y } = await evaluateExactly(graphOf({ y: model.embed(idsOf(B, T)) }), {
    ids,
    "e.words": words,
    "e.positions": positions,
    "e.segments": segments,
    "e.norm.weight": scale,
    "e.norm.bias": shift,
  });
  assert.equal(y!.length, expected.length);
  for (const [i, value] of expected.entries()) assert.ok(Math.abs(y![i]! - value) < 1e-9, `[${i}]`);
});

const counting = { vocab: 7, width: 1, textLength: 4, positionOffset: 3, segments: 0 };

void test("with an offset, tokens that are not padding are counted from it", async () => {
  const { model } = declare((at) => textTables(at.in("e"), counting));
  const { y } = await evaluateExactly(graphOf({ y: model.embed(idsOf(3, 4)) }), {
    ids: Int32Array.of(2, 2, 5, 6, 5, 2, 6, 2, 1, 1, 1, 1),
    "e.words": new Float64Array(7),
    "e.positions": Float64Array.from({ length: 7 }, (_, row) => row),
  });
  assert.deepEqual([...y!], [2, 2, 3, 4, 3, 2, 4, 2, 3, 4, 5, 6]);
});

void test("a text longer than the table is refused", () => {
  const { model } = declare((at) => textTables(at.in("e"), counting));
  assert.throws(() => model.embed(idsOf(1, 5)), /texts of at most 4 tokens.*5/s);
});

void test("without positions and segments a text is its words, of any length", async () => {
  const { model } = declare((at) =>
    textTables(at.in("e"), { ...counting, textLength: 0, positionOffset: 0 }),
  );
  const { y } = await evaluateExactly(graphOf({ y: model.embed(idsOf(1, 5)) }), {
    ids: Int32Array.of(4, 4, 0, 6, 1),
    "e.words": Float64Array.from({ length: 7 }, (_, row) => 10 * row),
  });
  assert.deepEqual([...y!], [40, 40, 0, 60, 10]);
});
