import assert from "node:assert/strict";
import { test } from "node:test";
import { percent, showNumber } from "./numbers.ts";

test("percents have one decimal", () => {
  assert.deepEqual([0, 0.4726, 1, Number.NaN].map(percent), ["0.0%", "47.3%", "100.0%", "not a number"]);
});

test("whole numbers are shown in full, others with three digits", () => {
  const shown = {
    "3,104,512": 3104512,
    "412": 412.3,
    "12,346": 12345.6,
    "0.531": 0.53125,
    "2.10": 2.1,
    "3.0e-4": 3e-4,
    "−7": -7,
    "0": 0,
    "∞": Number.POSITIVE_INFINITY,
    "−∞": Number.NEGATIVE_INFINITY,
  };
  for (const [text, value] of Object.entries(shown)) assert.equal(showNumber(value), text);
});
