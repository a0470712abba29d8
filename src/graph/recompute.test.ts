import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluate } from "../backends/backend.ts";
import { referenceBackend } from "../backends/reference/index.ts";
import { rng } from "../core/rng.ts";
import { sizeOf } from "../core/shape.ts";
import { keepBias } from "../nn/attention.ts";
import { encoderBlock } from "../nn/block.ts";
import { declare } from "../nn/scope.ts";
import { gradients, type Recompute } from "./grad.ts";
import { graphOf } from "./graph.ts";
import { peakMemory } from "./memory.ts";
import { apply } from "./tensor.ts";
import { traced } from "./trace.ts";

const depth = 6;

/** Loss and gradients of a stack of blocks that drop, of which the third runs a second time at the end. */
function stack(recompute?: Recompute) {
  const input = (name: string, shape: number[]) => apply("input", { name, type: { dtype: "f32", shape } });
  const key = apply("input", { name: "key", type: { dtype: "i32", shape: [1] } });
  const block = { width: 8, heads: 2, hidden: 12, activation: "exact", dropout: 0.3, epsilon: 1e-6 } as const;
  const keep = apply("input", { name: "keep", type: { dtype: "bool", shape: [2, 5] } });
  return traced({ mode: "train", key, isFrozen: () => false }, () => {
    const { model: loss, parameters } = declare((at) => {
      const blocks = Array.from({ length: depth }, (_, i) =>
        encoderBlock(at.in(`blocks.${i}`), { ...block, norm: i % 2 ? "pre" : "post" }),
      );
      const bias = keepBias(keep);
      const top = [...blocks, blocks[2]!].reduce((x, run) => run(x, bias).x, input("x", [2, 5, 8]));
      return top.mul(top).sumAll();
    }, 0.3);
    const slopes = gradients(
      loss,
      parameters.map(({ tensor }) => tensor),
      recompute,
    );
    return graphOf({
      loss,
      ...Object.fromEntries(parameters.map(({ name }, i) => [name, slopes[i]!])),
    });
  });
}

test("gradients are the same to the bit, and the inside of blocks is not kept", async () => {
  const [kept, again] = [stack(), stack("blocks")];
  const leaves = Object.fromEntries(
    Object.entries({ ...kept.inputs, ...kept.parameters }).map(([name, { dtype, shape }]) => {
      const random = rng("recompute", name);
      const values = Float64Array.from({ length: sizeOf(shape) }, () => random.normal());
      if (dtype === "bool") return [name, Uint8Array.from(values, (value) => Number(value > -1))];
      return [name, dtype === "i32" ? Int32Array.of(7) : values];
    }),
  );
  const expected = await evaluate(referenceBackend, kept, leaves);
  const got = await evaluate(referenceBackend, again, leaves);
  assert.equal(Object.keys(got).length, 1 + 16 * depth);
  assert.deepEqual(got, expected);
  assert.ok(peakMemory(again) < 0.5 * peakMemory(kept), `${peakMemory(again)} of ${peakMemory(kept)}`);
});
