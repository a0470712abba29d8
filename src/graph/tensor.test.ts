import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { apply, constant, full, iota } from "./tensor.ts";
import { atPath } from "./trace.ts";

const x = apply("input", { name: "x", type: { dtype: "f32", shape: [3, 4] } });

describe("what does not fit is refused when the graph is built", () => {
  test("a reshape that would need a fraction of an element", () => {
    assert.throws(() => x.reshape([5, -1]), /reshape: expected whole sizes, got f32\[5, 2\.4\]/);
  });
  test("an order that leaves out an axis", () => {
    assert.throws(() => x.transpose([0]), /an order of 2 axes/);
  });
  test("a number an integer tensor cannot hold", () => {
    assert.throws(() => iota(3).add(0.5), /expected a number that i32 holds, got 0\.5/);
    assert.throws(() => full(256, "u8"), /u8/);
  });
  test("division of integers, by a number too", () => {
    assert.throws(() => iota(3).div(2), /div: expected f32, got i32\[3\]/);
  });
  test("a negative pad", () => {
    assert.throws(() => x.pad([-1, 0], [2, 0]), /none negative/);
  });
  test("the message names the module, with and without a trace", () => {
    assert.throws(
      () => atPath("blocks.3.attention", () => x.matmul(x)),
      /^BifocalError: matmul at blocks\.3\.attention: expected inner sizes that agree \(4 and 3 do not\), got f32\[3, 4\] and f32\[3, 4\]/,
    );
  });
});

test("methods that would do nothing return the tensor", () => {
  const same = [x.reshape([3, -1]), x.transpose([0, 1]), x.expand([3, 4]), x.slice(1, 0, 4), x.cast("f32")];
  for (const result of same) assert.equal(result, x);
});

test("axes count from the end when negative", () => {
  assert.deepEqual(x.sum(-1).shape, [3]);
  assert.deepEqual(x.at(-1, 2).shape, [3]);
  assert.deepEqual(x.unsqueeze(-1).shape, [3, 4, 1]);
  assert.deepEqual(constant("f32", [2, 3, 4], new Float32Array(24)).swap(0, -1).shape, [4, 3, 2]);
});
