import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly } from "../backends/reference/finite-differences.ts";
import { sizeOf } from "../core/shape.ts";
import { graphOf } from "../graph/graph.ts";
import { constant } from "../graph/tensor.ts";
import { declare, initialize } from "../nn/scope.ts";
import { itc } from "./itc.ts";

const B = 4;
const { model: contrast, parameters } = declare((at) => itc(at.in("itc"), { image: B, text: B, width: B }));

/** Initial values, but projections that change nothing. */
const leaves = Object.fromEntries(
  parameters.map((parameter) => {
    const values = new Float32Array(sizeOf(parameter.shape));
    initialize(parameter, 1, values);
    if (parameter.name.endsWith("weight"))
      for (const i of values.keys()) values[i] = i % (B + 1) === 0 ? 1 : 0;
    return [parameter.name, values];
  }),
);

async function run(image: readonly number[], text: readonly number[], given = leaves) {
  const pooled = (values: readonly number[]) => ({ pooled: constant("f32", [B, B], values) });
  const similarities = contrast.similarities(contrast.image(pooled(image)), contrast.text(pooled(text)));
  const { loss, metrics } = contrast.loss(similarities);
  const results = await evaluateExactly(graphOf({ loss, similarities, accuracy: metrics.accuracy! }), given);
  return {
    loss: results.loss![0]!,
    accuracy: results.accuracy![0]!,
    similarities: [...results.similarities!],
  };
}

const eye = Array.from({ length: B * B }, (_, i) => (i % (B + 1) === 0 ? 1 : 0));
const near = (got: number, expected: number, within = 1e-5) =>
  assert.ok(Math.abs(got - expected) < within, `expected ${expected}, got ${got}`);

test("features that are all alike cost ln B", async () => {
  const { loss } = await run(new Array(B * B).fill(2), new Array(B * B).fill(5));
  near(loss, Math.log(B));
});

test("orthonormal features cost ln(1 + (B - 1) exp(-1 / 0.07))", async () => {
  const { loss, accuracy, similarities } = await run(eye, eye);
  near(loss, Math.log(1 + (B - 1) * Math.exp(-1 / 0.07)), 1e-9);
  near(similarities[0]!, 1 / 0.07, 1e-4);
  assert.equal(accuracy, 1);
});

test("length does not matter, and mismatched pairs cost the scale", async () => {
  const long = eye.map((value, i) => value * (2 + i));
  near((await run(long, long)).loss, (await run(eye, eye)).loss, 1e-9);
  const shifted = [...eye.slice(B), ...eye.slice(0, B)];
  const { loss, accuracy } = await run(eye, shifted);
  near(loss, 1 / 0.07 + Math.log(1 + (B - 1) * Math.exp(-1 / 0.07)), 1e-4);
  assert.equal(accuracy, 0);
});

test("the scale never passes 100", async () => {
  const { similarities } = await run(eye, eye, { ...leaves, "itc.logScale": Float32Array.of(9) });
  near(similarities[0]!, 100, 1e-3);
});

test("rows are pictures: two texts like picture 0 make column 1 ambiguous, not row 1", async () => {
  // Texts 0 and 1 both point to picture 0.
  const text = [...eye.slice(0, B), ...eye.slice(0, B), ...eye.slice(2 * B)];
  const { similarities, loss } = await run(eye, text);
  const scale = similarities[0]!;
  assert.deepEqual(
    similarities.map((value) => Math.round(value / scale)),
    [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
  );
  const e = Math.exp(scale);
  const toText = [Math.log(2 * e + 2) - scale, Math.log(4), Math.log(e + 3) - scale, Math.log(e + 3) - scale];
  const toImage = [
    Math.log(e + 3) - scale,
    Math.log(e + 3),
    Math.log(e + 3) - scale,
    Math.log(e + 3) - scale,
  ];
  near(loss, [...toText, ...toImage].reduce((a, b) => a + b) / 8, 1e-4);
});
