/** What every text tower must hold, at sizes that all differ. Numbers are compared with published ones in test/parity. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { evaluateExactly } from "../../backends/reference/finite-differences.ts";
import type { TypedArray } from "../../core/dtype.ts";
import { rng } from "../../core/rng.ts";
import { sizeOf } from "../../core/shape.ts";
import { gradients } from "../../graph/grad.ts";
import { type Graph, graphOf } from "../../graph/graph.ts";
import { apply, constant, type Tensor } from "../../graph/tensor.ts";
import { type Mode, traced } from "../../graph/trace.ts";
import { declare, initialize } from "../../nn/scope.ts";
import { type TextTowerConfig, textTower } from "./index.ts";

const [C, T, vocab] = [3, 5, 13];

const tables = { vocab, textLength: 7, segments: 2 } as const;
const stack = { width: 6, depth: 3, heads: 3, hidden: 11, activation: "exact", epsilon: 1e-6 } as const;

const towers = (dropout: number): Record<string, TextTowerConfig> => {
  const bert = { kind: "bert", ...tables, ...stack, dropout, positionOffset: 0, norm: "post" } as const;
  const deberta = {
    kind: "deberta",
    ...tables,
    ...stack,
    dropout,
    absolutePositions: true,
    keyBias: true,
    positionTerms: ["c2p", "p2c"],
  } as const;
  const clip = { kind: "clip-text", ...tables, ...stack, dropout } as const;
  return {
    bert,
    "bert with narrow tables": { ...bert, embeddingWidth: 4, segments: 0, positionOffset: 1 },
    albert: { ...bert, kind: "albert", embeddingWidth: 4, groups: 2, blocksPerGroup: 2 },
    "deberta by content": deberta,
    "deberta by distance": {
      ...deberta,
      keyBias: false,
      distance: { span: 4, shared: false, normalised: false },
    },
    "deberta with buckets": {
      ...deberta,
      absolutePositions: false,
      embeddingWidth: 4,
      distance: { span: 2, farthest: 8, shared: true, normalised: true },
      convolution: { kernel: 3, activation: "tanh" },
    },
    "clip text": { ...clip, causal: true, endToken: 12 },
    "clip text, highest id": { ...clip, causal: true, endToken: "highest" },
    "siglip text": { ...clip, causal: false, endToken: "last" },
    words: { kind: "words", ...tables, width: 6, positionOffset: 0, dropout, epsilon: 1e-6 },
  };
};

const keep = Uint8Array.of(1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0);
const draw = rng("batch");
const batch = {
  ids: Int32Array.from({ length: C * T }, (_, i) => (i % T === 1 ? 12 : 2 + draw.integer(10))),
  segments: Int32Array.from({ length: C * T }, () => draw.integer(2)),
  keep,
};

/** Declared without initial values at a special place. */
function build(config: TextTowerConfig) {
  const { model, parameters } = declare((at) => textTower(at.in("text"), config));
  const weights = Object.fromEntries(
    parameters.map((parameter) => {
      const values = new Float32Array(sizeOf(parameter.shape));
      initialize(parameter, 5, values);
      const noise = rng("noise", parameter.name);
      return [parameter.name, values.map((value) => value + 0.4 * noise.normal())];
    }),
  );
  return { model, parameters, weights };
}

type Built = ReturnType<typeof build>;

function statesOf({ model }: Built): Record<string, Tensor> {
  const input = (name: string, dtype: "i32" | "bool") =>
    apply("input", { name, type: { dtype, shape: [C, T] } });
  const given = { ids: input("ids", "i32"), segments: input("segments", "i32"), keep: input("keep", "bool") };
  const { words, pooled, layers, attention } = model.encode(given);
  return { words, pooled, ...Object.fromEntries([...layers, ...attention].map((x, i) => [`trace${i}`, x])) };
}

function inMode<T>(mode: Mode, run: () => T): T {
  const key =
    mode === "train" ? apply("input", { name: "key", type: { dtype: "i32", shape: [1] } }) : undefined;
  return traced({ mode, key, isFrozen: () => false }, run);
}

function run(graph: Graph, leaves: Readonly<Record<string, TypedArray>>) {
  const names = Object.keys({ ...graph.inputs, ...graph.parameters });
  return evaluateExactly(graph, Object.fromEntries(names.map((name) => [name, leaves[name]!])));
}

/** Adding the same to all scores of a row changes nothing. */
const noSlope: Readonly<Record<string, RegExp>> = {
  "deberta by distance": /^$/,
  "deberta with buckets": /^$/,
};

for (const [name, config] of Object.entries(towers(0))) {
  void describe(name, () => {
    const built = build(config);

    void test("states have the sizes the contract says", () => {
      const { words, pooled } = inMode("eval", () => statesOf(built));
      assert.deepEqual([words!.shape, pooled!.shape, built.model.width], [[C, T, 6], [C, 6], 6]);
    });

    void test("every parameter learns", async () => {
      const loss = inMode("eval", () => {
        const { words, pooled } = statesOf(built);
        return [words!, pooled!]
          .map((x, i) => {
            const random = rng("coefficients", i);
            return x.mul(
              constant(
                "f32",
                x.shape,
                Float32Array.from({ length: x.size }, () => random.normal()),
              ),
            );
          })
          .reduce((sum, x) => sum.add(x.sumAll()), constant("f32", [], [0]));
      });
      const slopes = gradients(
        loss,
        built.parameters.map(({ tensor }) => tensor),
      );
      const named = Object.fromEntries(built.parameters.map((parameter, i) => [parameter.name, slopes[i]!]));
      const values = await run(graphOf(named), { ...batch, ...built.weights });
      const still = Object.keys(values).filter(
        (parameter) => !values[parameter]!.some((x) => Math.abs(x) > 1e-5),
      );
      const expected = noSlope[name] ?? /\.key\.bias$/;
      assert.deepEqual(
        still,
        built.parameters.map((parameter) => parameter.name).filter((parameter) => expected.test(parameter)),
      );
    });

    void test("what stands in the padding changes nothing that is kept", async () => {
      const graph = graphOf(inMode("eval", () => statesOf(built)));
      const ids = batch.ids.map((id, i) => (keep[i] === 1 ? id : ((id - 1) % 10) + 2));
      const before = await run(graph, { ...batch, ...built.weights });
      const after = await run(graph, { ...batch, ...built.weights, ids });
      const kept = (values: Float64Array) => values.filter((_, i) => keep[Math.floor(i / 6)] === 1);
      assert.deepEqual(kept(after.words!), kept(before.words!));
      if (name !== "siglip text") assert.deepEqual(after.pooled, before.pooled);
      const changed = batch.ids.map((id, i) => (i % T === 0 ? ((id - 1) % 10) + 2 : id));
      assert.notDeepEqual(
        (await run(graph, { ...batch, ...built.weights, ids: changed })).pooled,
        before.pooled,
      );
    });
  });
}

for (const [name, config] of Object.entries(towers(0.3))) {
  void test(`${name}: dropout acts in training, by the key`, async () => {
    const built = build(config);
    const graph = graphOf(inMode("train", () => statesOf(built)));
    const at = (key: number) => run(graph, { ...batch, ...built.weights, key: Int32Array.of(key) });
    const [first, again, other] = [await at(1), await at(1), await at(2)];
    assert.deepEqual(again, first);
    assert.notDeepEqual(other.words, first.words);
  });
}

void test("a causal tower's words do not know what comes after them", async () => {
  const built = build(towers(0)["clip text"]!);
  const graph = graphOf(inMode("eval", () => statesOf(built)));
  const before = await run(graph, { ...batch, ...built.weights });
  const ids = batch.ids.map((id, i) => (i % T === 3 ? ((id - 1) % 10) + 2 : id));
  const after = await run(graph, { ...batch, ...built.weights, ids });
  const early = (values: Float64Array) => values.filter((_, i) => Math.floor(i / 6) % T < 3);
  assert.deepEqual(early(after.words!), early(before.words!));
  assert.notDeepEqual(after.words, before.words);
});
