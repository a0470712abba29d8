/** What every model must hold, whatever it is made of: one suite over the zoo, at sizes that all differ. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { evaluateExactly } from "#src/backends/reference/finite-differences.ts";
import { referenceBackend } from "#src/backends/reference/index.ts";
import type { TypedArray } from "#src/core/dtype.ts";
import { rng } from "#src/core/rng.ts";
import { sizeOf } from "#src/core/shape.ts";
import { loadWeights } from "#src/eval/open-run.ts";
import { writeSafetensors } from "#src/files/safetensors.ts";
import { gradients } from "#src/graph/grad.ts";
import { type Graph, graphOf } from "#src/graph/graph.ts";
import { apply, constant, type Tensor } from "#src/graph/tensor.ts";
import { type Mode, traced } from "#src/graph/trace.ts";
import { interModalityFlow } from "#src/metrics/inter-modality-flow.ts";
import { rollOut } from "#src/models/fusions/attention-flow.ts";
import { buildModel, type ModelConfig } from "#src/models/index.ts";
import { declare, initialize, type Parameter } from "#src/nn/scope.ts";
import { adamW } from "#src/train/adamw/index.ts";
import type { TrainConfig } from "#src/train/config.ts";
import { groupParameters } from "#src/train/groups.ts";
import { createStore } from "#src/train/parameter-store.ts";
import { bindStep, trainGraph } from "#src/train/step.ts";
import { sizes, zoo } from "./zoo.ts";

const { B, T, S, P } = sizes;
/** Tokens written. */
const U = 4;

type Built = ReturnType<typeof build>;

function build(config: ModelConfig) {
  return declare((at) => buildModel(at.in("model"), config));
}

function encodedBy(model: Built["model"]) {
  const input = (name: string, dtype: "f32" | "i32" | "bool", ...shape: number[]) =>
    apply("input", { name, type: { dtype, shape } });
  const image = model.encodeImage({ pixels: input("image", "f32", B, 3, S, S) });
  const text = model.encodeText({ ids: input("ids", "i32", B, T), keep: input("keep", "bool", B, T) });
  return { image, text };
}

/** Everything a model says about a batch. */
function statesOf({ model }: Built): Record<string, Tensor> {
  const { image, text } = encodedBy(model);
  const towers = { image: image.patches, picture: image.pooled, text: text.words, sentence: text.pooled };
  if (!("fuse" in model)) return towers;
  const { words, patches, pooled, attention } = model.fuse(image, text);
  const fused = { ...towers, words, patches, pooled, attention };
  if (model.decoder === undefined) return fused;
  const written = constant("i32", [B, U], [3, 1, 12, 5, 3, 1, 12, 5, 3, 1, 12, 5]);
  return { ...fused, written: model.decoder.write(written, model.decoder.read(image, text)) };
}

/** A loss that every state has a part in, each number by a factor of its own. */
function sumOf(states: Readonly<Record<string, Tensor>>): Tensor {
  return Object.entries(states)
    .map(([state, x]) => {
      const random = rng("coefficients", state);
      const values = Float32Array.from({ length: x.size }, () => random.normal());
      return x.mul(constant("f32", x.shape, values)).sumAll();
    })
    .reduce((sum, part) => sum.add(part));
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** The model's roll-out on that batch, f32[B,N,N]. */
function rolledOf({ model }: Built): Tensor | undefined {
  if (!("fuse" in model)) return undefined;
  const { image, text } = encodedBy(model);
  return rollOut(model.fuse(image, text).flow);
}

/** Whether a model's fusion is two streams, of which each reads the other. */
const hasStreams = (config: ModelConfig) =>
  config.kind === "bridgetower" || (config.kind === "meter" && config.fusion.kind !== "merged-attention");

const noneFrozen = (_: string) => false;

function graphIn(mode: Mode, built: Built, isFrozen = noneFrozen): Graph {
  const key =
    mode === "train" ? apply("input", { name: "key", type: { dtype: "i32", shape: [1] } }) : undefined;
  return traced({ mode, key, isFrozen }, () => graphOf(statesOf(built)));
}

/** Initial values plus noise, so that no parameter is at a special place. */
function weightsOf(parameters: readonly Parameter[]): Record<string, Float32Array> {
  return Object.fromEntries(
    parameters.map((parameter) => {
      const values = new Float32Array(sizeOf(parameter.shape));
      initialize(parameter, 5, values);
      const noise = rng("noise", parameter.name);
      return [parameter.name, values.map((value) => value + 0.3 * noise.normal())];
    }),
  );
}

const keep = [1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0];
const draw = rng("batch");
const batch = {
  image: Float32Array.from({ length: B * 3 * S * S }, () => draw.normal()),
  ids: Int32Array.from({ length: B * T }, () => draw.integer(13)),
  keep: Uint8Array.from(keep),
};

/** Runs a graph on the leaves it has. */
function run(graph: Graph, leaves: Readonly<Record<string, TypedArray>>) {
  const names = Object.keys({ ...graph.inputs, ...graph.parameters });
  return evaluateExactly(graph, Object.fromEntries(names.map((name) => [name, leaves[name]!])));
}

/** Rows of a flat [B, ...] array in another order. */
function permuteRows<A extends TypedArray>(array: A, order: readonly number[]): A {
  const width = array.length / order.length;
  const result = array.slice() as A;
  for (const [to, from] of order.entries())
    result.set(array.subarray(from * width, (from + 1) * width), to * width);
  return result;
}

for (const [name, config] of Object.entries(zoo(0))) {
  void describe(name, () => {
    const built = build(config);
    const weights = weightsOf(built.parameters);
    const graph = graphIn("eval", built);
    // Where there is a decoder the summary is its: the fusion's own has no reader.
    const hasDecoder = "fuse" in built.model && built.model.decoder !== undefined;
    const isUnread = (parameter: string) => hasDecoder && /pooler/i.test(parameter);

    void test("states have the sizes the contract says", () => {
      const { image, text } = built.model.widths;
      const shapes = Object.fromEntries(
        Object.entries(graph.outputs).map(([state, { shape }]) => [state, shape]),
      );
      const towers = {
        image: [B, P, image],
        picture: [B, image],
        text: [B, T, text],
        sentence: [B, text],
      };
      const isSingleStream = ["one-tower", "vilt", "vlc", "vlmo"].includes(config.kind);
      // Visual Parsing's texts are read by its fusion.
      const widths = {
        image: isSingleStream ? 12 : 6,
        text: isSingleStream || config.kind === "visual-parsing" ? 12 : 8,
      };
      assert.deepEqual(built.model.widths, widths);
      if (!("fuse" in built.model)) return assert.deepEqual(shapes, towers);
      const { words, pooled } = built.model.fusedWidths;
      assert.equal(words, 12);
      assert.deepEqual(shapes, {
        ...towers,
        words: [B, T, words],
        patches: [B, P, words],
        pooled: [B, pooled],
        attention: [B, 4, T, P],
        ...(built.model.decoder && { written: [B, U, 13] }),
      });
    });

    void test("every parameter learns, but keys' biases, which move all scores of a query alike", async () => {
      const loss = traced({ mode: "eval", key: undefined, isFrozen: noneFrozen }, () =>
        sumOf(statesOf(built)),
      );
      const all = gradients(
        loss,
        built.parameters.map(({ tensor }) => tensor),
      );
      const named = built.parameters.map((parameter, i) => [parameter.name, all[i]] as const);
      assert.deepEqual(
        named.flatMap(([parameter, gradient]) => (gradient === undefined ? [parameter] : [])),
        named.flatMap(([parameter]) => (isUnread(parameter) ? [parameter] : [])),
      );
      const read = named.filter(([parameter]) => !isUnread(parameter));
      const slopes = await run(graphOf(Object.fromEntries(read.map(([n, x]) => [n, x!]))), {
        ...batch,
        ...weights,
      });
      const largest = (values: Float64Array) => values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      const still = Object.keys(slopes).filter((parameter) => !(largest(slopes[parameter]!) > 1e-4));
      assert.deepEqual(
        still,
        Object.keys(slopes).filter((parameter) => parameter.endsWith(".key.bias")),
      );
      assert.ok(still.every((parameter) => largest(slopes[parameter]!) < 1e-9));
    });

    void test("without queries every token attends to all alike, and the flow between modalities is known", async () => {
      const rolled = rolledOf(built);
      if (rolled === undefined) return assert.equal(config.kind, "dual-encoder");
      const even = Object.fromEntries(
        Object.entries(weights).map(([parameter, values]) => [
          parameter,
          /\.query\.|\.relative\.|\.between$/.test(parameter) ? new Float32Array(values.length) : values,
        ]),
      );
      const { got } = await run(graphOf({ got: rolled }), { ...batch, ...even });
      const N = rolled.shape[1]!;
      assert.equal(N, T + P + (config.kind === "flava" ? 1 : 0));
      for (let b = 0; b < B; b++) {
        const keepWords = keep.slice(b * T, (b + 1) * T);
        const words = keepWords.filter((kept) => kept === 1).length;
        const ofPair = got!.subarray(b * N * N, (b + 1) * N * N);
        const tokens = { words: T, patches: P, keep: [...keepWords, ...Array<number>(P).fill(1)] };
        const { toWords, toPatches } = interModalityFlow(ofPair, tokens);
        // Two streams: the first layer makes each token half of the other modality, and so does the second, whatever a
        // bridge gives in between. One sequence of n tokens: two layers keep a quarter of a token, the rest is even.
        const n = words + P + (N - T - P);
        const share = (to: number, from: number) =>
          (to / (words + P)) * (hasStreams(config) ? 1 / 2 : (0.75 * from) / n);
        for (const [value, known] of [
          [toWords, share(words, P)],
          [toPatches, share(P, words)],
        ] as const)
          assert.ok(Math.abs(value - known) < 1e-6, `${value} instead of ${known}`);
      }
    });

    void test("what stands in the padding changes nothing that is kept", async () => {
      const ids = batch.ids.map((id, i) => (keep[i] === 1 ? id : (id + 1) % 13));
      const before = await run(graph, { ...batch, ...weights });
      const after = await run(graph, { ...batch, ...weights, ids });
      const ofPadding = (state: string, i: number) => {
        const { shape } = graph.outputs[state]!;
        if (state === "text" || state === "words") return keep[Math.floor(i / shape[2]!)] === 0;
        // [B, H, T, P]: rows of padded words.
        if (state !== "attention") return false;
        const row = Math.floor(i / P);
        return keep[Math.floor(row / T / shape[1]!) * T + (row % T)] === 0;
      };
      for (const [state, values] of Object.entries(before)) {
        const kept = (array: Float64Array) => array.filter((_, i) => !ofPadding(state, i));
        assert.deepEqual(kept(after[state]!), kept(values), state);
      }
      assert.notDeepEqual(after.text, before.text);
    });

    void test("what stands in a kept word reaches the text and the fusion, never the picture", async () => {
      const ids = batch.ids.map((id, i) => (i % T === 2 ? (id + 1) % 13 : id));
      const before = await run(graph, { ...batch, ...weights });
      const after = await run(graph, { ...batch, ...weights, ids });
      for (const [state, values] of Object.entries(before)) {
        const changed = after[state]!.some((value, i) => value !== values[i]);
        assert.equal(changed, state !== "image" && state !== "picture", state);
      }
    });

    void test("another order of the batch gives the same states in that order", async () => {
      const order = [2, 0, 1];
      const before = await run(graph, { ...batch, ...weights });
      const permuted = {
        image: permuteRows(batch.image, order),
        ids: permuteRows(batch.ids, order),
        keep: permuteRows(batch.keep, order),
      };
      const after = await run(graph, { ...permuted, ...weights });
      for (const [state, values] of Object.entries(before))
        assert.deepEqual(after[state], permuteRows(values, order), state);
    });

    void test("a step leaves what is frozen as it is, to the bit, and moves all else", async () => {
      const settings = { factors: [], freeze: ["model.image"] } as unknown as TrainConfig;
      const groups = groupParameters(built.parameters, settings);
      const store = createStore(built.parameters, groups);
      for (const [parameter, values] of Object.entries(weights)) store.weights[parameter]!.set(values);
      const isFrozen = (parameter: string) => parameter.startsWith("model.image");
      const learning = built.parameters.filter((parameter) => !isFrozen(parameter.name));
      const loss = () => ({ loss: sumOf(statesOf(built)), metrics: {} });
      const graph = trainGraph(loss, {}, learning, settings.freeze as string[]);
      const step = await bindStep(referenceBackend, graph, store, [batch]);
      const plain = { lr: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1, clip: null };
      const optimizer = await adamW(referenceBackend, store, plain);
      for (let done = 0; done < 2; done++) {
        await step.run(0, done);
        await optimizer.update(done, plain.lr, 1);
      }
      // Keys' biases move all scores of a query alike: their slope is 0.
      const moving = built.parameters
        .map(({ name: path }) => path)
        .filter((path) => !path.endsWith(".key.bias") && !isUnread(path));
      const same = moving.filter((path) =>
        Buffer.from(bytesOf(store.weights[path]!)).equals(bytesOf(weights[path]!)),
      );
      assert.deepEqual(same, moving.filter(isFrozen));
    });

    void test("stored and loaded, it says the same", async () => {
      const folder = await mkdtemp(join(tmpdir(), "bifocal-zoo-"));
      try {
        const path = join(folder, "model.safetensors");
        const tensors = built.parameters.map(({ name: parameter, shape }) => ({
          name: parameter,
          dtype: "f32" as const,
          shape,
          data: weights[parameter]!,
        }));
        await writeSafetensors(path, tensors);
        const loaded = await loadWeights(path, build(config).parameters);
        const states = await run(graph, { ...batch, ...loaded });
        assert.deepEqual(states, await run(graph, { ...batch, ...weights }));

        await writeSafetensors(path, [{ ...tensors[0]!, name: "model.extra" }, ...tensors.slice(1)]);
        await assert.rejects(loadWeights(path, built.parameters), (error: Error) =>
          [tensors[0]!.name, "model.extra"].every((parameter) => error.message.includes(parameter)),
        );
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  });
}

for (const [name, config] of Object.entries(zoo(0.2))) {
  void describe(`${name}, with dropout`, () => {
    const built = build(config);
    const weights = weightsOf(built.parameters);
    const with_ = (key: number) => ({ ...batch, ...weights, key: Int32Array.of(key) });

    void test("draws depend on the key alone, and nothing is drawn in eval mode", async () => {
      const graph = graphIn("train", built);
      const [first, again, other] = [
        await run(graph, with_(1)),
        await run(graph, with_(1)),
        await run(graph, with_(2)),
      ];
      assert.deepEqual(again, first);
      for (const [state, values] of Object.entries(first)) assert.notDeepEqual(other[state], values, state);
      const plain = await run(graphIn("eval", build(zoo(0)[name]!)), with_(1));
      assert.deepEqual(await run(graphIn("eval", built), with_(1)), plain);
    });

    void test("frozen towers drop nothing", async () => {
      // All that reads pictures, one-tower's shared blocks included.
      const isFrozen = (path: string) => path.startsWith("model.image") || path.startsWith("model.tower");
      const states = await run(graphIn("train", built, isFrozen), with_(1));
      const plain = await run(graphIn("eval", built), with_(1));
      assert.deepEqual(states.image, plain.image);
      assert.notDeepEqual(states.text, plain.text);
    });
  });
}

void test("names of parameters are those of stored checkpoints", () => {
  const { parameters } = build(zoo(0, 1)["meter, merged attention"]!);
  const dense = ["weight", "bias"];
  const attention = ["query", "key", "value", "output"].flatMap((part) =>
    dense.map((leaf) => `attention.${part}.${leaf}`),
  );
  const norm = (at: string) => dense.map((leaf) => `${at}.${leaf}`);
  const feed = [...norm("feed.up"), ...norm("feed.down")];
  const block = [...attention, ...norm("attentionNorm"), ...feed, ...norm("feedNorm")];
  const under = (at: string, names: readonly string[]) => names.map((leaf) => `${at}.${leaf}`);
  assert.deepEqual(
    parameters.map((parameter) => parameter.name),
    under("model", [
      ...norm("image.patches"),
      "image.class",
      "image.positions",
      ...under("image.blocks.0", block),
      ...norm("image.norm"),
      ...under("text.embedding", ["words", "positions", "segments", ...norm("norm")]),
      ...under("text.blocks.0", block),
      ...norm("projectPatches"),
      ...norm("projectWords"),
      "kinds",
      ...under("fusion.blocks.0", block),
      ...norm("fusion.wordPooler.dense"),
      ...norm("fusion.patchPooler.dense"),
    ]),
  );
});
