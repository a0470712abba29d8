import assert from "node:assert/strict";
import { test } from "node:test";
import { type Axis, linearAxis, logAxis } from "./axis.ts";

const labels = (axis: Axis) => axis.ticks.map(({ label }) => label);

test("linear ticks are 1, 2 or 5 times a power of ten", () => {
  assert.deepEqual(labels(linearAxis([3, 97], true)), ["0", "20", "40", "60", "80", "100"]);
  assert.deepEqual(labels(linearAxis([3, 97], false)), ["20", "40", "60", "80"]);
  assert.deepEqual(labels(linearAxis([0.1, 0.3], true)), ["0.10", "0.15", "0.20", "0.25", "0.30"]);
  assert.deepEqual(labels(linearAxis([-2, 7], true)), ["−2", "0", "2", "4", "6", "8"]);
  assert.deepEqual(labels(linearAxis([0, 50000], false)), ["0", "10k", "20k", "30k", "40k", "50k"]);
  assert.deepEqual(labels(linearAxis([0, 2000], false)), ["0", "500", "1,000", "1,500", "2,000"]);
});

test("a single value stands in the middle", () => {
  assert.equal(linearAxis([4], false).place(4), 0.5);
  assert.equal(linearAxis([0], false).place(0), 0.5);
});

test("whole axes end on ticks, others at the values", () => {
  const whole = linearAxis([3, 97], true);
  assert.deepEqual([whole.place(0), whole.place(25), whole.place(100)], [0, 0.25, 1]);
  const tight = linearAxis([3, 97], false);
  assert.deepEqual([tight.place(3), tight.place(50), tight.place(97)], [0, 0.5, 1]);
});

test("log ticks become denser as the range shrinks", () => {
  assert.deepEqual(labels(logAxis([0.002, 3000])), ["0.01", "0.1", "1", "10", "100", "1,000"]);
  assert.deepEqual(labels(logAxis([0.4, 6])), ["0.5", "1", "2", "5"]);
  assert.deepEqual(labels(logAxis([1.2, 3.5])), ["1.5", "2", "3"]);
  assert.deepEqual(labels(logAxis([6.5, 6.9])), ["6", "6.5", "7", "7.5"]);
  assert.ok(logAxis([0.7]).ticks.length > 0);
});

test("a decade takes the same room everywhere on a log axis", () => {
  const { place } = logAxis([1, 100]);
  assert.ok(Math.abs(place(10) - place(1) - (place(100) - place(10))) < 1e-12);
});
