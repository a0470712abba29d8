import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { requireSpace } from "./require-space.ts";

test("what fits passes, and what does not is refused with both sizes", () => {
  requireSpace(tmpdir(), 1, "free space");
  assert.throws(
    () => requireSpace(tmpdir(), 1e20, "take fewer"),
    /expected 100000000000\.0 GB free, got [\d.]+ [GM]B; take fewer/,
  );
});
