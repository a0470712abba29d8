import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluate } from "../backends/backend.ts";
import { referenceBackend } from "../backends/reference/index.ts";
import { graphOf } from "./graph.ts";
import { type Interpolation, resize } from "./resize.ts";
import { constant } from "./tensor.ts";

async function resized(values: number[][], height: number, width: number, method: Interpolation) {
  const x = constant("f32", [1, values.length, values[0]!.length, 1], values.flat());
  const { y } = await evaluate(referenceBackend, graphOf({ y: resize(x, height, width, method) }), {});
  return Array.from(y!);
}

function assertNear(got: number[], expected: number[]) {
  assert.equal(got.length, expected.length);
  got.forEach((value, i) => {
    assert.ok(Math.abs(value - expected[i]!) < 1e-6, `${i}: ${value} is not ${expected[i]}`);
  });
}

test("the same size changes nothing", async () => {
  const values = [
    [1, -2, 3],
    [0, 5, 4],
  ];
  for (const method of ["bilinear", "bicubic", "smooth"] as const) {
    assertNear(await resized(values, 2, 3, method), values.flat());
  }
});

test("bilinear by hand: centres at -0.25, 0.25, 0.75, 1.25 of two samples", async () => {
  assertNear(await resized([[0, 4]], 1, 4, "bilinear"), [0, 1, 3, 4]);
});

// Output 1 of 2 -> 4 lies at 0.25: taps -1..2 are samples 0, 0, 1, 1 with Keys weights at 1.25, 0.25, 0.75, 1.75.
test("bicubic by hand: weights of Keys' kernel with a = -0.75", async () => {
  const near = (d: number) => (1.25 * d - 2.25) * d * d + 1;
  const far = (d: number) => ((-0.75 * d + 3.75) * d - 6) * d + 3;
  const [first, second] = [far(1.25) + near(0.25), near(0.75) + far(1.75)];
  assertNear([first + second], [1]);
  const got = await resized([[2, 6]], 1, 4, "bicubic");
  assertNear([got[1]!], [2 * first + 6 * second]);
  assertNear([got[0]! + got[3]!, got[1]! + got[2]!], [8, 8]); // mirror images
});

test("rows and columns do not mix: an image that varies down only stays constant across", async () => {
  const got = await resized(
    [
      [1, 1, 1],
      [5, 5, 5],
    ],
    3,
    2,
    "bilinear",
  );
  assertNear(got, [1, 1, 3, 3, 5, 5]);
});

// The numbers are PyTorch's with antialias: test/parity/make_resized_tables.py prints them.
test("smooth widens its kernel where the result is smaller, and leaves out what lies beyond an edge", async () => {
  const line = [Array.from({ length: 7 }, (_, i) => Math.sin(1.7 * i))];
  assertNear(await resized(line, 1, 3, "smooth"), [0.362082, -0.219664, 0.192692]);
  assertNear(await resized(line, 1, 10, "smooth"), [
    ...[
      -0.060065, 0.60868, 0.823762, -0.203539, -0.868732, -0.538971, 0.536642, 0.875294, 0.117941, -0.790631,
    ],
  ]);
});
