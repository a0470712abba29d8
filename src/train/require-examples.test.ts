import assert from "node:assert/strict";
import { test } from "node:test";
import { requireExamples } from "./require-examples.ts";

test("an empty or absent split is named", () => {
  requireExamples({ train: 3, val: 1 }, "pictures");
  assert.throws(() => requireExamples({ train: 3, val: 0 }, "pictures"), {
    message:
      "pictures, split val: expected at least one example, got an empty split; check that the data set is complete",
  });
  assert.throws(() => requireExamples({ val: 2 }, "pictures"), /split train: .* got no such split/);
});
