import assert from "node:assert/strict";
import { test } from "node:test";
import type { Shape } from "../core/index.ts";
import { matchNames } from "./match-names.ts";

const shapes = (entries: Record<string, Shape>) => new Map(Object.entries(entries));

test("equal names and shapes pass in any order", () => {
  matchNames(shapes({ a: [2, 3], b: [] }), shapes({ b: [], a: [2, 3] }), "x");
});

test("missing, unexpected and differing tensors are listed apart", () => {
  const expected = shapes({ a: [2, 3], b: [5], c: [7] });
  const found = shapes({ a: [3, 2], c: [7], d: [5], e: [1] });
  assert.throws(() => matchNames(expected, found, "m.safetensors"), {
    message: [
      "m.safetensors: expected the model's 3 tensors, got 4 tensors",
      "missing (1):",
      "  b",
      "unexpected (2):",
      "  d",
      "  e",
      "of another shape (1):",
      "  a: expected [2, 3], got [3, 2]",
      "; load it into the model it was saved from",
    ].join("\n"),
  });
});

test("long lists say how many more there are", () => {
  const many = new Map(Array.from({ length: 23 }, (_, i): [string, Shape] => [`n${i}`, [1]]));
  assert.throws(() => matchNames(many, new Map(), "m"), /missing \(23\):[\s\S]*n19\n {2}\.\.\. and 3 more/);
});
