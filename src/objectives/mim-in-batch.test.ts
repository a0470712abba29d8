import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly } from "../backends/reference/finite-differences.ts";
import { rng } from "../core/rng.ts";
import { graphOf } from "../graph/graph.ts";
import { apply, constant } from "../graph/tensor.ts";
import { declare } from "../nn/scope.ts";
import { hiddenPlaces, hidePixels } from "./hidden-patches.ts";
import { mimInBatch } from "./mim-in-batch.ts";

/** B pictures of Y by X pixels in N patches of side S, P tokens with the special one, F wide; M places, one not filled. */
const [B, Y, X, S, F, M, specials] = [2, 4, 6, 2, 5, 4, 1];
const N = (Y / S) * (X / S);
const P = specials + N;
const normals = (name: string, length: number) => {
  const draw = rng("mim in batch", name);
  return Float64Array.from({ length }, () => draw.normal());
};
const { model: objective } = declare((at) => mimInBatch(at.in("mim"), { width: F, patch: S }));
const pixels = apply("input", { name: "pixels", type: { dtype: "f32", shape: [B, 3, Y, X] } });
const patches = apply("input", { name: "patches", type: { dtype: "f32", shape: [B, P, F] } });
const [positions, weights] = [
  [1, 3, 10, 0],
  [1, 1, 1, 0],
];
const hidden = { positions: constant("i32", [M], positions), weights: constant("f32", [M], weights) };
const leaves = {
  pixels: normals("pixels", B * 3 * Y * X),
  patches: normals("patches", B * P * F),
  "mim.candidates.weight": normals("weight", F * 3 * S * S),
  "mim.candidates.bias": normals("bias", F),
};

/** Row of patch n of picture b: its pixels channel by channel, then row by row. */
function pixelsOf(place: number): number[] {
  const [b, n] = [Math.floor(place / N), place % N];
  const [top, left] = [Math.floor(n / (X / S)) * S, (n % (X / S)) * S];
  return [0, 1, 2].flatMap((channel) =>
    Array.from({ length: S * S }, (_, i) => {
      const [y, x] = [top + Math.floor(i / S), left + (i % S)];
      return leaves.pixels[((b * 3 + channel) * Y + y) * X + x]!;
    }),
  );
}

void test("agrees with a direct loop over hidden patches and candidates", async () => {
  const candidates = Array.from({ length: B * N }, (_, place) =>
    Array.from({ length: F }, (_, f) =>
      pixelsOf(place).reduce(
        (sum, value, k) => sum + value * leaves["mim.candidates.weight"][f * 3 * S * S + k]!,
        leaves["mim.candidates.bias"][f]!,
      ),
    ),
  );
  let [nats, right] = [0, 0];
  for (const place of positions.slice(0, 3)) {
    const token = Math.floor(place / N) * P + specials + (place % N);
    const scores = candidates.map(
      (candidate) =>
        candidate.reduce((sum, value, f) => sum + value * leaves.patches[token * F + f]!, 0) / Math.sqrt(F),
    );
    nats += Math.log(scores.reduce((sum, score) => sum + Math.exp(score), 0)) - scores[place]!;
    right += scores.every((score) => score <= scores[place]!) ? 1 : 0;
  }
  const { loss, metrics } = objective({ patches }, hidden, pixels, specials);
  const got = await evaluateExactly(graphOf({ loss, accuracy: metrics.accuracy! }), leaves);
  assert.ok(Math.abs(got.loss![0]! - nats / 3) < 1e-9);
  assert.ok(Math.abs(got.accuracy![0]! - right / 3) < 1e-9);
});

void test("states that say nothing cost ln(B N)", async () => {
  const { loss } = objective({ patches }, hidden, pixels, specials);
  const got = await evaluateExactly(graphOf({ loss }), { ...leaves, patches: new Float64Array(B * P * F) });
  assert.ok(Math.abs(got.loss![0]! - Math.log(B * N)) < 1e-9);
});

void test("hidden patches are 0 in the picture, the others as they were", async () => {
  const { shown } = await evaluateExactly(
    graphOf({ shown: hidePixels(pixels, hiddenPlaces(hidden, B, N), S) }),
    {
      pixels: leaves.pixels,
    },
  );
  const isHidden = (b: number, y: number, x: number) =>
    [1, 3, 10].includes(b * N + Math.floor(y / S) * (X / S) + Math.floor(x / S));
  const expected = leaves.pixels.map((value, i) =>
    isHidden(Math.floor(i / (3 * Y * X)), Math.floor(i / X) % Y, i % X) ? 0 : value,
  );
  assert.deepEqual(
    [...shown!].map((value) => value + 0),
    [...expected],
  );
});

void test("patches of another size than the model's are refused", () => {
  const { model: coarse } = declare((at) => mimInBatch(at.in("mim"), { width: F, patch: 1 }));
  assert.throws(
    () => coarse({ patches }, hidden, pixels, specials),
    /at mim: expected 25 = 25, got \[2, 7, 5\]/,
  );
});
