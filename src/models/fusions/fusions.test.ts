/** What every fusion of two streams holds about pictures: padding changes nothing, and the summary without a class token. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly } from "../../backends/reference/finite-differences.ts";
import { rng } from "../../core/rng.ts";
import { sizeOf } from "../../core/shape.ts";
import { graphOf } from "../../graph/graph.ts";
import { apply } from "../../graph/tensor.ts";
import { declare } from "../../nn/scope.ts";
import { coAttention } from "./co-attention.ts";
import type { FusionConfig } from "./contract.ts";
import { mergedAttention } from "./merged-attention.ts";

const [C, T, P, D] = [2, 3, 5, 6];

const config: FusionConfig = {
  width: D,
  depth: 2,
  heads: 3,
  hidden: 7,
  activation: "exact",
  norm: "post",
  dropout: 0,
  epsilon: 1e-5,
};

/** The last patches of the first picture are padding. */
const keepPatches = Uint8Array.from([1, 1, 1, 0, 0, 1, 1, 1, 1, 1]);

const random = (count: number, ...key: string[]) => {
  const draw = rng(...key);
  return Float32Array.from({ length: count }, () => draw.normal());
};

for (const [name, fusion] of Object.entries({ coAttention, mergedAttention })) {
  for (const specials of [0, 1]) {
    void test(`${name}, ${specials} tokens in front: padded patches change nothing that is kept`, async () => {
      const { model, parameters } = declare((at) => fusion(at.in("fusion"), config, { specials }));
      const input = (key: string, dtype: "f32" | "bool", ...shape: number[]) =>
        apply("input", { name: key, type: { dtype, shape } });
      const { flow, ...states } = model.fuse(
        { patches: input("patches", "f32", C, P, D), keep: input("keepPatches", "bool", C, P) },
        { words: input("words", "f32", C, T, D), keep: input("keep", "bool", C, T) },
      );
      assert.equal(flow.length, config.depth);
      const graph = graphOf(states);
      const leaves = {
        ...Object.fromEntries(
          parameters.map((parameter) => [parameter.name, random(sizeOf(parameter.shape), parameter.name)]),
        ),
        words: random(C * T * D, "words"),
        keep: Uint8Array.from([1, 1, 1, 1, 1, 0]),
        keepPatches,
      };
      const patches = random(C * P * D, "patches");
      const changed = patches.map((value, i) => (keepPatches[Math.floor(i / D)] === 1 ? value : value + 3));
      const before = await evaluateExactly(graph, { ...leaves, patches });
      const after = await evaluateExactly(graph, { ...leaves, patches: changed });
      assert.deepEqual(after.words, before.words);
      assert.deepEqual(after.pooled, before.pooled);
      assert.deepEqual(after.attention, before.attention);
      const kept = (values: Float64Array) => values.filter((_, i) => keepPatches[Math.floor(i / D)] === 1);
      assert.deepEqual(kept(after.patches!), kept(before.patches!));
      assert.notDeepEqual(after.patches, before.patches);
    });
  }
}
