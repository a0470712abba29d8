import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Arrays, type Backend, evaluate } from "#src/backends/backend.ts";
import { referenceBackend } from "#src/backends/reference/index.ts";
import type { TypedArray } from "#src/core/dtype.ts";
import type { Graph } from "#src/graph/graph.ts";
import type { OpName } from "#src/graph/ops/index.ts";
import { contract } from "./contract.ts";
import { conformanceCases } from "./sample.ts";

/** Ops a backend does not have, with the reason; whatever needs one is skipped and says so. */
export type Skips = Partial<Record<OpName, string>>;

/**
 * Registers what every backend must pass: all op samples and their gradient graphs computed as the reference backend
 * does (floats within `tolerance` of the largest magnitude of each result, all else exactly), and the contract of `bind` and `run`.
 */
export function conformance(backend: Backend, skips: Skips = {}, tolerance = 1e-5): void {
  describe(`${backend.name} computes as the reference`, () => {
    for (const { name, forward, backward, leaves } of conformanceCases()) {
      agrees(backend, name, forward, leaves, skips, tolerance);
      if (backward !== undefined) agrees(backend, `gradient of ${name}`, backward, leaves, skips, tolerance);
    }
  });
  contract(backend);
}

function agrees(
  backend: Backend,
  name: string,
  graph: Graph,
  leaves: Arrays,
  skips: Skips,
  tolerance: number,
): void {
  const missing = graph.nodes.find(({ op }) => skips[op] !== undefined);
  void test(name, { skip: missing && `${missing.op}: ${skips[missing.op]}` }, async () => {
    const fed = Object.fromEntries(
      Object.keys({ ...graph.inputs, ...graph.parameters }).map((leaf) => [leaf, leaves[leaf]!]),
    );
    const got = await evaluate(backend, graph, fed);
    const expected = await evaluate(referenceBackend, graph, fed);
    for (const [output, { dtype }] of Object.entries(graph.outputs))
      assertClose(got[output]!, expected[output]!, dtype === "f32" ? tolerance : 0, output);
  });
}

/** Compares relative to the largest magnitude expected; a NaN or an infinity must be met by the same. */
export function assertClose(got: TypedArray, expected: TypedArray, tolerance: number, name: string): void {
  assert.equal(got.length, expected.length, `${name}: number of elements`);
  let largest = 0;
  for (const value of expected) if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [got[i]!, expected[i]!];
    const close = Object.is(a, b) || Math.abs(a - b) <= tolerance * largest;
    assert.ok(close, `${name}[${i}]: expected ${b}, got ${a} (largest ${largest}, tolerance ${tolerance})`);
  }
}
