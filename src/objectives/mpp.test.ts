import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateExactly } from "../backends/reference/finite-differences.ts";
import { sizeOf } from "../core/shape.ts";
import { gradients } from "../graph/grad.ts";
import { graphOf } from "../graph/graph.ts";
import { apply, constant, type Tensor } from "../graph/tensor.ts";
import { declare } from "../nn/scope.ts";
import { meanColours, mpp } from "./mpp.ts";

const [B, P, F] = [2, 6, 4];
const { model: objective, parameters } = declare((at) => mpp(at.in("mpp"), { width: F }));
const input = apply("input", { name: "patches", type: { dtype: "f32", shape: [B, 1 + P, F] } });
const fewer = apply("input", { name: "fewer", type: { dtype: "f32", shape: [B, 1 + 3, F] } });
const values = Float64Array.from({ length: B * (1 + P) * F }, (_, i) => Math.sin(i * i));
const colours = Int32Array.from({ length: B * P * 3 }, (_, i) => (i * 37) % 256);
const leaves = (fill: (i: number) => number) => ({
  patches: values,
  fewer: values.subarray(0, B * 4 * F),
  ...Object.fromEntries(
    parameters.map(({ name, shape }) => [
      name,
      Float64Array.from({ length: sizeOf(shape) }, (_, i) => fill(i)),
    ]),
  ),
});
const near = (got: number, expected: number) =>
  assert.ok(Math.abs(got - expected) < 1e-6, `expected ${expected}, got ${got}`);

function lossOf(
  chosen: readonly (readonly [b: number, p: number])[],
  labels = colours,
  places?: readonly number[],
) {
  const rows = new Uint8Array(B * P);
  for (const [b, p] of chosen) rows[b * P + p] = 1;
  const masked = {
    chosen: constant("bool", [B, P], rows),
    colours: constant("i32", [B, P, 3], labels),
    places: places && constant("i32", [B, 3], places),
  };
  return objective({ patches: places === undefined ? input : fewer }, masked, 1).loss;
}
const evaluate = async (y: Tensor, given: Readonly<Record<string, Float64Array>>) => {
  const graph = graphOf({ y });
  const names = Object.keys({ ...graph.inputs, ...graph.parameters });
  const found = await evaluateExactly(graph, Object.fromEntries(names.map((name) => [name, given[name]!])));
  return found.y!;
};
const run = async (loss: Tensor, given: Readonly<Record<string, Float64Array>>) =>
  (await evaluate(loss, given))[0]!;
const waves = leaves((i) => Math.cos(3 * i));

test("a head that knows nothing costs ln 256 a colour, and no patch costs nothing", async () => {
  near(
    await run(
      lossOf([
        [0, 2],
        [1, 5],
      ]),
      leaves(() => 0),
    ),
    Math.log(256),
  );
  near(
    await run(
      lossOf([]),
      leaves(() => 0),
    ),
    0,
  );
});

test("the loss is the mean over chosen patches, each judged by its own state and colours", async () => {
  const [one, other] = [await run(lossOf([[0, 2]]), waves), await run(lossOf([[1, 5]]), waves)];
  assert.notEqual(one, other);
  near(
    await run(
      lossOf([
        [0, 2],
        [1, 5],
      ]),
      waves,
    ),
    (one + other) / 2,
  );
  const elsewhere = colours.map((value, i) => (i >= 2 * 3 && i < 3 * 3 ? value : 255 - value));
  near(await run(lossOf([[0, 2]], elsewhere), waves), one);
  const [slope] = gradients(lossOf([[1, 5]]), [input]);
  const slopes = await evaluate(slope!, waves);
  const moved = [...slopes.keys()].filter((i) => slopes[i] !== 0).map((i) => Math.floor(i / F));
  assert.deepEqual([...new Set(moved)], [P + 1 + 1 + 5]);
});

test("where the model read some patches, their places say whose colours count", async () => {
  const label = (b: number, p: number) => colours.subarray((b * P + p) * 3, (b * P + p) * 3 + 3);
  const swapped = colours.slice();
  swapped.set(label(1, 4), (1 * P + 0) * 3);
  // Row 1 read its patches 4, 0, 5: what is said of 4 stands first.
  const there = await run(lossOf([[1, 4]], colours, [1, 2, 3, 4, 0, 5]), waves);
  const first = await run(lossOf([[1, 0]], swapped, [1, 2, 3, 0, 4, 5]), waves);
  near(there, first);
  near(await run(lossOf([[1, 3]], colours, [1, 2, 3, 4, 0, 5]), waves), 0);
});

test("mean colours are rounded down, a mean that is whole stays, and edges are left out", async () => {
  // Two patches of 3 x 3 and a column too many; green of the first is 1 short of 200 everywhere but for one pixel.
  const picture = new Uint8Array(3 * 7 * 3);
  for (let y = 0; y < 3; y++) {
    for (let x = 0; x < 7; x++)
      picture.set(x < 3 ? [128, y + x === 0 ? 207 : 199, 255] : [x, y, 7], (y * 7 + x) * 3);
  }
  const image = constant("u8", [1, 3, 7, 3], picture);
  const { means } = await evaluateExactly(graphOf({ means: meanColours(image, 3) }), {});
  assert.deepEqual([...means!], [128, 199, 255, 4, 1, 7]);
});
