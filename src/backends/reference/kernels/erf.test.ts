import assert from "node:assert/strict";
import { test } from "node:test";
import { erf } from "./erf.ts";

test("erf agrees with C's to 1e-15 on both sides of where the method changes", () => {
  const known = [
    [0.1, 0.1124629160182849],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [2, 0.9953222650189527],
    [2.9, 0.9999589021219005],
    [3.1, 0.9999883513426328],
    [4, 0.9999999845827421],
    [5.5, 0.9999999999999927],
  ] as const;
  for (const [x, expected] of known) {
    assert.ok(Math.abs(erf(x) - expected) <= 1e-15, `erf(${x}) = ${erf(x)}`);
    assert.equal(erf(-x), -erf(x));
  }
  assert.ok(Math.abs(erf(1e-9) / 1e-9 - 2 / Math.sqrt(Math.PI)) < 1e-15);
  assert.deepEqual([erf(0), erf(40), erf(-40), erf(Number.NaN)], [0, 1, -1, Number.NaN]);
});

test("the two methods meet smoothly at 2.5 and 6", () => {
  for (const x of [2.5, 6]) assert.ok(Math.abs(erf(x + 1e-12) - erf(x - 1e-12)) < 1e-14);
});
