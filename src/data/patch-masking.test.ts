import assert from "node:assert/strict";
import { test } from "node:test";
import { rng } from "../core/rng.ts";
import { maskPatches } from "./patch-masking.ts";

test("a share of the patches is chosen, most of them hidden, and no others", () => {
  const [patches, rate] = [20_000, 0.15];
  const { chosen, hidden } = maskPatches(patches, rate, rng("masks", 1));
  const sum = (values: Uint8Array) => values.reduce((a, b) => a + b, 0);
  const within = (got: number, of: number, share: number) =>
    assert.ok(Math.abs(got / of - share) < 5 * Math.sqrt((share * (1 - share)) / of), `${got} of ${of}`);
  within(sum(chosen), patches, rate);
  within(sum(hidden), sum(chosen), 0.8);
  assert.ok(hidden.every((is, i) => is <= chosen[i]!));
  assert.deepEqual(maskPatches(patches, rate, rng("masks", 1)), { chosen, hidden });
});
