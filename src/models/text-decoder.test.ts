/** The decoder over a fusion of which only sizes and states are known. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly, finiteDifferences } from "../backends/reference/finite-differences.ts";
import { rng } from "../core/rng.ts";
import { sizeOf } from "../core/shape.ts";
import { gradients } from "../graph/grad.ts";
import { graphOf } from "../graph/graph.ts";
import { apply, constant, type Tensor } from "../graph/tensor.ts";
import { declare } from "../nn/scope.ts";
import type { FusionModel, ImageState, TextState } from "./contracts.ts";
import { type DecoderConfig, withDecoder } from "./text-decoder.ts";

/** C pairs, T words, P patches, F width, U tokens written, V vocabulary. */
const [C, T, P, F, U, V] = [2, 3, 4, 6, 5, 7];
const input = (name: string, dtype: "f32" | "bool", ...shape: number[]) =>
  apply("input", { name, type: { dtype, shape } });
const [words, patches] = [input("words", "f32", C, T, F), input("patches", "f32", C, P, F)];
const [keepWords, keepPatches] = [input("keepWords", "bool", C, T), input("keepPatches", "bool", C, P)];
const image = { patches, keep: keepPatches } as unknown as ImageState;
const text = { words, keep: keepWords } as unknown as TextState;
const fusion = {
  fusedWidths: { words: F, pooled: 2 * F },
  fuse: () => ({ words, patches, pooled: words.at(1, 0), attention: words }),
} as unknown as FusionModel;
const config: DecoderConfig = {
  depth: 2,
  heads: 3,
  hidden: 8,
  activation: "exact",
  norm: "pre",
  dropout: 0,
  epsilon: 1e-5,
};
const sizes = { vocab: V, textLength: U };
const build = (c = config) => declare((at) => withDecoder(at.in("decoder"), fusion, c, sizes), 0.5);

const { model, parameters } = build();
const ids = [1, 4, 6, 2, 0, 3, 3, 5, 1, 2];
const written = (values: readonly number[], places?: Tensor) =>
  model.decoder!.write(constant("i32", [C, U], values), model.decoder!.read(image, text), places);

const random = rng("decoder");
const normals = (length: number) => Float64Array.from({ length }, () => random.normal());
const leaves = {
  words: normals(C * T * F),
  patches: normals(C * P * F),
  keepWords: Uint8Array.of(1, 1, 0, 1, 1, 1),
  keepPatches: Uint8Array.of(1, 1, 1, 1, 1, 0, 1, 0),
  ...Object.fromEntries(parameters.map(({ name, shape }) => [name, normals(sizeOf(shape))])),
};
type Leaves = Readonly<Record<string, Float64Array | Uint8Array>>;
/** Only the leaves that a graph has. */
const evaluate = (outputs: Readonly<Record<string, Tensor>>, given: Leaves) => {
  const graph = graphOf(outputs);
  const names = Object.keys({ ...graph.inputs, ...graph.parameters });
  return evaluateExactly(graph, Object.fromEntries(names.map((name) => [name, given[name]!])));
};
const run = async (x: Tensor, given: Leaves = leaves) => (await evaluate({ x }, given)).x!;

void test("a token knows itself and those before it, never those after", async () => {
  const plain = await run(written(ids));
  const changed = await run(written(ids.map((id, i) => (i % U === 2 ? (id + 1) % V : id))));
  for (let i = 0; i < C * U; i++) {
    const [a, b] = [plain, changed].map((all) => all!.subarray(i * V, (i + 1) * V));
    if (i % U < 2) assert.deepEqual(a, b);
    else assert.notDeepEqual(a, b);
  }
});

void test("it attends to kept words and kept patches, to no padding", async () => {
  const summary = model.fuse(image, text).pooled;
  for (const read of [written(ids), summary]) {
    const plain = await run(read);
    for (const [name, keep, N] of [
      ["words", leaves.keepWords, T],
      ["patches", leaves.keepPatches, P],
    ] as const) {
      for (let token = 0; token < C * N; token++) {
        const moved = leaves[name].map((x, i) => (Math.floor(i / F) === token ? x + 1 + (i % F) : x));
        const rows = await run(read, { ...leaves, [name]: moved });
        const row = Math.floor(token / N);
        const size = plain.length / C;
        const differs = [0, 1].map((c) =>
          rows.subarray(c * size, (c + 1) * size).some((x, i) => x !== plain[c * size + i]),
        );
        assert.deepEqual(
          differs,
          [0, 1].map((c) => c === row && keep[token] === 1),
        );
      }
    }
  }
});

void test("logits at some places are those of all", async () => {
  const all = await run(written(ids));
  const places = await run(written(ids, constant("i32", [C, 2], [3, 0, 1, 4])));
  const expected = [3, 0, U + 1, U + 4].flatMap((place) => [...all.subarray(place * V, (place + 1) * V)]);
  assert.deepEqual([...places], expected);
});

void test("gradients are those of finite differences, for every parameter and what is attended to", async () => {
  const coefficients = constant("f32", [C, U, V], normals(C * U * V));
  const weighed = constant("f32", [C, F], normals(C * F));
  const loss = written(ids)
    .mul(coefficients)
    .sumAll()
    .add(model.fuse(image, text).pooled.mul(weighed).sumAll());
  const targets = [words, patches, ...parameters.map(({ tensor }) => tensor)];
  const names = ["words", "patches", ...parameters.map(({ name }) => name)];
  const slopes = gradients(loss, targets);
  const got = await evaluate(Object.fromEntries(names.map((name, i) => [name, slopes[i]!])), leaves);
  for (const name of names) {
    const expected = await finiteDifferences(graphOf({ loss }), leaves, name);
    const scale = Math.max(1, ...expected.map(Math.abs));
    const off = Math.max(...expected.map((x, i) => Math.abs(x - got[name]![i]!)));
    assert.ok(off < 1e-6 * scale, `${name}: ${off} of ${scale}`);
  }
});

void test("with constant weights the logits are those reckoned by hand", async () => {
  // Projections are zero but the cross-attention's value and output, which are the identity: each block of the post-norm
  // stack adds the mean of what is kept; queries of zero attend to everything alike.
  const { model: post, parameters: all } = build({ ...config, depth: 1, norm: "post" });
  const identity = Float64Array.from({ length: F * F }, (_, i) => (i % (F + 1) === 0 ? 1 : 0));
  const table = normals(V * F);
  const weights = Object.fromEntries(
    all.map(({ name, shape }) => {
      const zeros = new Float64Array(sizeOf(shape));
      if (/cross\.(value|output)\.weight$|head\.transform\.weight$/.test(name)) return [name, identity];
      if (/[nN]orm\.weight$/.test(name)) return [name, zeros.fill(1)];
      if (name === "decoder.words.words") return [name, table];
      return [name, zeros];
    }),
  );
  const logits = post.decoder!.write(constant("i32", [C, U], ids), post.decoder!.read(image, text));
  const got = await run(logits, { ...leaves, ...weights });

  const norm = (x: readonly number[], epsilon = config.epsilon) => {
    const mean = x.reduce((a, b) => a + b) / F;
    const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / F;
    return x.map((value) => (value - mean) / Math.sqrt(variance + epsilon));
  };
  const gelu = (x: number) => 0.5 * x * (1 + erf(x / Math.SQRT2));
  for (let c = 0; c < C; c++) {
    const kept = (
      [
        [leaves.words, leaves.keepWords, T],
        [leaves.patches, leaves.keepPatches, P],
      ] as const
    ).flatMap(([tokens, keep, N]) =>
      Array.from({ length: N }, (_, i) => c * N + i)
        .filter((row) => keep[row] === 1)
        .map((row) => tokens.subarray(row * F, (row + 1) * F)),
    );
    const mean = Array.from(
      { length: F },
      (_, f) => kept.reduce((sum, token) => sum + token[f]!, 0) / kept.length,
    );
    for (let u = 0; u < U; u++) {
      const id = ids[c * U + u]!;
      const embedded = norm([...table.subarray(id * F, (id + 1) * F)]);
      const attended = norm(norm(embedded).map((x, f) => x + mean[f]!));
      const hidden = norm(norm(attended).map(gelu));
      for (let v = 0; v < V; v++) {
        const expected = hidden.reduce((sum, x, f) => sum + x * table[v * F + f]!, 0);
        assert.ok(Math.abs(expected - got[(c * U + u) * V + v]!) < 1e-6);
      }
    }
  }
});

void test("heads that do not divide the fusion's width are refused", () => {
  assert.throws(() => build({ ...config, heads: 4 }), /heads.*expected a divisor of 6/s);
});

/** By its series, good to 1e-12 for |x| < 3. */
function erf(x: number): number {
  let [sum, term] = [x, x];
  for (let n = 1; n < 60; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
