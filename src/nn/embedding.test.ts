import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly } from "../backends/reference/finite-differences.ts";
import { graphOf } from "../graph/graph.ts";
import { apply } from "../graph/tensor.ts";
import { patchEmbedding, textEmbedding } from "./embedding.ts";
import { pixels } from "./pixels.ts";
import { declare } from "./scope.ts";

const wave = (length: number, speed: number) =>
  Float64Array.from({ length }, (_, i) => Math.sin(speed * i + 1));

function assertNear(got: ArrayLike<number>, expected: ArrayLike<number>, within = 1e-9): void {
  assert.equal(got.length, expected.length);
  for (let i = 0; i < expected.length; i++)
    assert.ok(Math.abs(got[i]! - expected[i]!) < within, `[${i}]: expected ${expected[i]}, got ${got[i]}`);
}

test("a text is word + position behind the offset + segment 0, normalised", async () => {
  const [B, T, D, offset] = [2, 3, 4, 2];
  const { model, parameters } = declare((at) =>
    textEmbedding(at.in("e"), {
      vocab: 7,
      width: D,
      textLength: 5,
      positionOffset: offset,
      segments: 2,
      dropout: 0,
      epsilon: 1e-5,
    }),
  );
  assert.deepEqual(
    parameters.map(({ name, shape }) => [name, shape]),
    [
      ["e.words", [7, D]],
      ["e.positions", [offset + 5, D]],
      ["e.segments", [2, D]],
      ["e.norm.weight", [D]],
      ["e.norm.bias", [D]],
    ],
  );
  const [words, positions, segments] = [wave(7 * D, 1.3), wave(7 * D, 0.7), wave(2 * D, 2.1)];
  const [scale, shift] = [wave(D, 0.4), wave(D, 0.9)];
  const ids = Int32Array.of(6, 0, 3, 3, 5, 1);
  const expected = Array.from(ids).flatMap((id, i) => {
    const row = Array.from(
      { length: D },
      (_, d) => words[id * D + d]! + positions[(offset + (i % T)) * D + d]! + segments[d]!,
    );
    const mean = row.reduce((a, b) => a + b) / D;
    const variance = row.reduce((a, b) => a + (b - mean) ** 2, 0) / D;
    return row.map((value, d) => ((value - mean) / Math.sqrt(variance + 1e-5)) * scale[d]! + shift[d]!);
  });
  const graph = graphOf({ y: model(apply("input", { name: "ids", type: { dtype: "i32", shape: [B, T] } })) });
  const got = await evaluateExactly(graph, {
    ids,
    "e.words": words,
    "e.positions": positions,
    "e.segments": segments,
    "e.norm.weight": scale,
    "e.norm.bias": shift,
  });
  assertNear(got.y!, expected);
});

test("patches go row by row; each is a product over channel, row and column", async () => {
  const [B, patch, D, height, width] = [2, 2, 3, 4, 6];
  const { model } = declare((at) => patchEmbedding(at.in("p"), { patch, width: D, bias: true }));
  const image = wave(B * 3 * height * width, 0.37);
  const weight = wave(D * 3 * patch * patch, 0.71);
  const bias = wave(D, 1.9);
  const expected: number[] = [];
  for (let b = 0; b < B; b++)
    for (let top = 0; top < height; top += patch)
      for (let left = 0; left < width; left += patch)
        for (let d = 0; d < D; d++) {
          let sum = bias[d]!;
          for (let c = 0; c < 3; c++)
            for (let i = 0; i < patch; i++)
              for (let j = 0; j < patch; j++)
                sum +=
                  weight[((d * 3 + c) * patch + i) * patch + j]! *
                  image[((b * 3 + c) * height + top + i) * width + left + j]!;
          expected.push(sum);
        }
  const y = model(apply("input", { name: "image", type: { dtype: "f32", shape: [B, 3, height, width] } }));
  assert.deepEqual(y.shape, [B, 6, D]);
  const got = await evaluateExactly(graphOf({ y }), { image, "p.weight": weight, "p.bias": bias });
  assertNear(got.y!, expected);
});

test("a picture that is not whole patches is refused", () => {
  const { model } = declare((at) => patchEmbedding(at.in("p"), { patch: 4, width: 3, bias: false }));
  const image = apply("input", { name: "image", type: { dtype: "f32", shape: [1, 3, 8, 6] } });
  assert.throws(() => model(image), /at p: expected axis 3 to split into \(w q\), got \[1, 3, 8, 6\]/);
});

test("pixels 0 to 255 become -1 to 1, channels first", async () => {
  const image = apply("input", { name: "image", type: { dtype: "u8", shape: [1, 2, 2, 3] } });
  const y = pixels(image);
  assert.deepEqual(y.shape, [1, 3, 2, 2]);
  const got = await evaluateExactly(graphOf({ y }), {
    image: Uint8Array.of(0, 255, 51, 0, 255, 102, 0, 255, 153, 0, 255, 204),
  });
  assertNear(got.y!, [-1, -1, -1, -1, 1, 1, 1, 1, -0.6, -0.2, 0.2, 0.6], 1e-6);
});
