import assert from "node:assert/strict";
import { test } from "node:test";
import { type Chart, curves } from "./curves.ts";

type Points = Chart["series"][number]["points"];

const drawn = (points: Points, logY = false) =>
  curves([{ xLabel: "step", yLabel: "loss", logY, series: [{ name: "itm", points }] }]).markup;

/** The coordinates of the line, one list per unbroken run. */
function runsOf(markup: string): string[][] {
  const shape = /<path class="line hue-0 dash-0" d="(?!M1 5H25)([^"]*)"/.exec(markup)?.[1] ?? "";
  return shape
    .split("M")
    .slice(1)
    .map((run) => run.split("L"));
}

test("points land where the axes say", () => {
  // x from 48 to 430, y from 220 up to 10.
  assert.deepEqual(
    runsOf(
      drawn([
        [0, 0],
        [5, 10],
        [10, 5],
      ]),
    ),
    [["48 220", "239 10", "430 115"]],
  );
});

test("what cannot be drawn breaks the line and is counted", () => {
  const points: Points = [
    [0, 1],
    [1, 2],
    [2, Number.NaN],
    [3, 0],
    [4, 2],
  ];
  const markup = drawn(points);
  assert.deepEqual(
    runsOf(markup).map((run) => run.length),
    [2, 2],
  );
  assert.match(markup, /1 of 5 values are not finite and not drawn/);
  const logarithmic = drawn(points, true);
  assert.deepEqual(
    runsOf(logarithmic).map((run) => run.length),
    [2, 1],
  );
  assert.match(logarithmic, /2 of 5 values are not positive and finite and not drawn/);
});

test("a chart without values says so", () => {
  assert.match(drawn([]), /No values to draw/);
  assert.match(drawn([[1, Number.NaN]]), /No values to draw.*1 of 1 values/s);
});

test("a spike among very many points stays", () => {
  const points = Array.from({ length: 30_000 }, (_, i): [number, number] => [i, i === 12_345 ? 10 : 0]);
  const [run = []] = runsOf(drawn(points));
  assert.ok(run.length < 4 * 800, `${run.length} points`);
  assert.ok(run.some((point) => point.endsWith(" 10")));
});

test("bands under the pointer tell the values of all lines", () => {
  const { markup } = curves([
    {
      xLabel: "step",
      yLabel: "loss",
      series: [
        {
          name: "a",
          points: [
            [0, 1],
            [20, 0.25],
          ],
        },
        { name: "b", points: [[20, 3]] },
      ],
    },
  ]);
  assert.deepEqual(
    [...markup.matchAll(/<title>([^<]*)/g)].map((match) => match[1]),
    ["step 0\na 1", "step 20\na 0.250\nb 3"],
  );
  assert.match(markup, /aria-label="loss against step: a goes from 1 at 0 to 0.250 at 20; b goes from 3 /);
});
