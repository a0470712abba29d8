import assert from "node:assert/strict";
import { test } from "node:test";
import { renamed } from "./rename.ts";

test("the first change that fits counts; paths end at dots, a star is one whole number", () => {
  const names = ["a.b.c", "a.bc", "x.4.y.w", "x.y.y.w", "z"];
  const changes = [
    { path: "a.b", to: "q" },
    { path: "a", to: "r" },
    { path: "x.*.y", to: "m.*" },
  ];
  assert.deepEqual(Object.fromEntries(renamed(names, changes)), {
    "a.b.c": "q.c",
    "a.bc": "r.bc",
    "x.4.y.w": "m.4.w",
    "x.y.y.w": "x.y.y.w",
    z: "z",
  });
});

test("a change that fits nothing, or makes two names one, is refused", () => {
  assert.throws(
    () => renamed(["a.b"], [{ path: "a.c", to: "d" }]),
    /train\.rename: .*got a\.c, which is no path of it/,
  );
  assert.throws(() => renamed(["a.b", "c.b"], [{ path: "a", to: "c" }]), /got a\.b and c\.b as c\.b/);
});
