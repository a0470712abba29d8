import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly } from "../backends/reference/finite-differences.ts";
import { graphOf } from "../graph/graph.ts";
import { apply } from "../graph/tensor.ts";
import { fittedPositions } from "./fitted-positions.ts";
import { declare } from "./scope.ts";

/** A table of 2 x 3 places, one channel: its class row is 9, its corners 0, 8, 20 and 28. */
const table = Float32Array.of(9, 0, 4, 8, 20, 24, 28);

async function positions(grid: readonly [number, number], pictures?: readonly (readonly [number, number])[]) {
  const [h, w] = grid;
  const { model } = declare((at) => fittedPositions(at, { width: 1, grid: [2, 3] }));
  const B = pictures?.length ?? 1;
  const kept = pictures && apply("input", { name: "kept", type: { dtype: "bool", shape: [B, h, w] } });
  const graph = graphOf({ places: model.ofPatches(grid, kept), first: model.ofClass });
  const fill = (pictures ?? []).flatMap(([height, width]) =>
    Array.from({ length: h * w }, (_, i) => (Math.floor(i / w) < height && i % w < width ? 1 : 0)),
  );
  const { places, first } = await evaluateExactly(graph, {
    positions: table,
    ...(kept && { kept: Uint8Array.from(fill) }),
  });
  assert.deepEqual([...first!], [9]);
  return Array.from({ length: B }, (_, b) => [...places!.subarray(b * h * w, (b + 1) * h * w)]);
}

test("a picture of the table's grid has the table, others have it stretched from corner to corner", async () => {
  assert.deepEqual(await positions([2, 3]), [[0, 4, 8, 20, 24, 28]]);
  assert.deepEqual(await positions([3, 2]), [[0, 8, 10, 18, 20, 28]]);
  assert.deepEqual(await positions([1, 5]), [[0, 2, 4, 6, 8]]);
  assert.deepEqual(await positions([1, 1]), [[0]]);
});

test("every picture of a batch has its own part of the canvas, and zeros around it", async () => {
  assert.deepEqual(
    await positions(
      [3, 3],
      [
        [3, 2],
        [2, 3],
        [1, 1],
        [3, 3],
      ],
    ),
    [
      [0, 8, 0, 10, 18, 0, 20, 28, 0],
      [0, 4, 8, 20, 24, 28, 0, 0, 0],
      [0, 0, 0, 0, 0, 0, 0, 0, 0],
      [0, 4, 8, 10, 14, 18, 20, 24, 28],
    ],
  );
});
