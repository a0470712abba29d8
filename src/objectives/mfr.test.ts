import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly } from "../backends/reference/finite-differences.ts";
import { rng } from "../core/rng.ts";
import { gradients } from "../graph/grad.ts";
import { graphOf } from "../graph/graph.ts";
import { apply, constant } from "../graph/tensor.ts";
import { traced } from "../graph/trace.ts";
import type { ImageState } from "../models/contracts.ts";
import { declare } from "../nn/scope.ts";
import { hideRelated, mfr } from "./mfr.ts";

/** B pictures of N patches behind one special token, I wide, H heads. */
const [B, N, I, H, specials] = [2, 6, 3, 2, 1];
const P = specials + N;
const input = (name: string, ...shape: number[]) => apply("input", { name, type: { dtype: "f32", shape } });

/** Patch n attends most to the next, then to the one behind that; a special token gets more than any, both heads together. */
const attention = Float64Array.from({ length: B * H * P * P }, (_, i) => {
  const [query, key, head] = [Math.floor(i / P) % P, i % P, Math.floor(i / (P * P)) % H];
  if (key < specials || query < specials) return 5;
  const ahead = (key - query + N) % N;
  const strength = ahead === 0 ? 4 : ahead === 1 ? 3 : ahead === 2 ? 2 : 0;
  // What one head alone says is outweighed by the other.
  return strength + (ahead === 3 ? (head === 0 ? 3 : -3) : 0);
});
const patches = Float64Array.from({ length: B * P * I }, (_, i) => 1 + Math.sin(i));
const state = (keep?: ImageState["keep"]): ImageState => ({
  patches: input("patches", B, P, I),
  pooled: input("pooled", B, I),
  layers: [],
  attention: [input("attention", B, H, P, P)],
  keep,
});
const options = { rate: 0.5, group: 3 };

const places = (hidden: Float64Array, b: number) =>
  [...hidden.subarray(b * P, (b + 1) * P)].flatMap((value, i) => (value === 1 ? [i - specials] : []));

void test("one patch and the two it attends to most are hidden, zeros in their place", async () => {
  const { image, hidden } = hideRelated(state(), specials, options);
  const got = await evaluateExactly(graphOf({ hidden, patches: image.patches }), { patches, attention });
  // One anchor, in the middle: patch 3, then 4 and 5.
  for (const b of [0, 1]) assert.deepEqual(places(got.hidden!, b), [3, 4, 5]);
  const expected = patches.map((value, i) => (got.hidden![Math.floor(i / I)] === 1 ? 0 : value));
  assert.deepEqual([...got.patches!], [...expected]);
});

void test("padding is never hidden, nor drawn", async () => {
  // Patches 3, 4 and 5 of picture 0 and patch 5 of picture 1 are padding.
  const keep = constant("bool", [B, P], [1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0]);
  const { hidden } = hideRelated(state(keep), specials, options);
  const got = await evaluateExactly(graphOf({ hidden }), { attention });
  const [first, second] = [places(got.hidden!, 0), places(got.hidden!, 1)];
  assert.ok(first.length > 0 && first.every((place) => place < 3));
  assert.deepEqual(second, [3, 4]);
});

void test("in training the draw depends on the key alone, picture by picture", async () => {
  const key = apply("input", { name: "key", type: { dtype: "i32", shape: [1] } });
  const { hidden } = traced({ mode: "train", key, isFrozen: () => false }, () =>
    hideRelated(state(), specials, options),
  );
  const graph = graphOf({ hidden });
  const seen = new Set<string>();
  for (let step = 0; step < 20; step++) {
    const leaves = { attention, key: Int32Array.of(step) };
    const got = await evaluateExactly(graph, leaves);
    assert.deepEqual(await evaluateExactly(graph, leaves), got);
    for (const b of [0, 1]) {
      const hiddenPlaces = places(got.hidden!, b);
      const groups = Array.from({ length: N }, (_, n) => [n, (n + 1) % N, (n + 2) % N].sort().join());
      assert.ok(groups.includes(hiddenPlaces.join()), hiddenPlaces.join());
      seen.add(hiddenPlaces.join());
    }
  }
  assert.equal(seen.size, N);
});

const F = 4;
const { model: regress } = declare((at) => mfr(at.in("mfr"), { width: F, features: I }));
const leaves = {
  fused: Float64Array.from({ length: B * P * F }, (_, i) => Math.cos(i)),
  targets: patches,
  "mfr.head.weight": Float64Array.from({ length: I * F }, () => rng("mfr").normal()),
  "mfr.head.bias": Float64Array.of(0.5, -1, 2),
};
const chosen = [0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0];

void test("squared error by hand: a head that says its bias", async () => {
  const hidden = constant("bool", [B, P], chosen);
  const { loss } = regress({ patches: input("fused", B, P, F) }, hidden, input("targets", B, P, I));
  const got = await evaluateExactly(graphOf({ loss }), {
    ...leaves,
    "mfr.head.weight": new Float64Array(I * F),
  });
  const errors = [2, 8, 12].flatMap((token) =>
    [0.5, -1, 2].map((said, i) => (said - patches[token * I + i]!) ** 2),
  );
  assert.ok(Math.abs(got.loss![0]! - errors.reduce((a, b) => a + b) / 9) < 1e-6);
});

void test("only hidden patches are asked for; without any the loss is 0", async () => {
  const fused = input("fused", B, P, F);
  const { loss } = regress({ patches: fused }, constant("bool", [B, P], chosen), input("targets", B, P, I));
  const [slope] = gradients(loss, [fused]);
  const { dx } = await evaluateExactly(graphOf({ dx: slope! }), leaves);
  const touched = Array.from({ length: B * P }, (_, row) =>
    dx!.subarray(row * F, (row + 1) * F).some((value) => value !== 0) ? 1 : 0,
  );
  assert.deepEqual(touched, chosen);
  const none = regress(
    { patches: fused },
    constant("bool", [B, P], new Array(B * P).fill(0)),
    input("targets", B, P, I),
  );
  assert.equal((await evaluateExactly(graphOf({ loss: none.loss }), leaves)).loss![0], 0);
});

void test("the hiding itself passes gradients to what is still seen", async () => {
  const { image } = hideRelated(state(), specials, options);
  const [slope] = gradients(image.patches.sumAll(), [image.patches.node.inputs[2]!]);
  const { dx } = await evaluateExactly(graphOf({ dx: slope! }), { attention });
  assert.equal(dx!.filter((value) => value === 0).length, B * 3 * I);
});

void test("towers whose last block stays inside windows are refused", () => {
  const windowed = { ...state(), attention: [input("attention", 2 * B, H, 3, 3)] };
  assert.throws(
    () => hideRelated(windowed, specials, options),
    /expected a tower whose last block lets all 7 patches/,
  );
});
