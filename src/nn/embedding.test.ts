import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly } from "../backends/reference/finite-differences.ts";
import { graphOf } from "../graph/graph.ts";
import { apply } from "../graph/tensor.ts";
import { patchEmbedding } from "./embedding.ts";
import { pixels } from "./pixels.ts";
import { declare } from "./scope.ts";

const wave = (length: number, speed: number) =>
  Float64Array.from({ length }, (_, i) => Math.sin(speed * i + 1));

function assertNear(got: ArrayLike<number>, expected: ArrayLike<number>, within = 1e-9): void {
  assert.equal(got.length, expected.length);
  for (let i = 0; i < expected.length; i++)
    assert.ok(Math.abs(got[i]! - expected[i]!) < within, `[${i}]: expected ${expected[i]}, got ${got[i]}`);
}

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

test("pixels are scaled, shifted and divided by colour, channels first", async () => {
  const image = apply("input", { name: "image", type: { dtype: "u8", shape: [1, 2, 2, 3] } });
  const y = pixels(image, { mean: [0.5, 0.5, 0.25], std: [0.5, 0.5, 0.25] });
  assert.deepEqual(y.shape, [1, 3, 2, 2]);
  const got = await evaluateExactly(graphOf({ y }), {
    image: Uint8Array.of(0, 255, 51, 0, 255, 102, 0, 255, 153, 0, 255, 204),
  });
  assertNear(got.y!, [-1, -1, -1, -1, 1, 1, 1, 1, -0.2, 0.6, 1.4, 2.2], 1e-6);
});
