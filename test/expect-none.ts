import assert from "node:assert/strict";

/** Fails with the whole list, one problem a line, where a check found any. */
export function expectNone(problems: readonly string[]): void {
  if (problems.length > 0) assert.fail(`${problems.length} problems\n${problems.join("\n")}`);
}
