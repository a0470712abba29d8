import assert from "node:assert/strict";
import { test } from "node:test";
import { type PickleValue, record, type TorchTensor } from "./pickle-values.ts";
import { plainContent, tensorNames } from "./torch-names.ts";

const tensor = (offset: number): TorchTensor => ({
  kind: "tensor",
  storage: { kind: "storage", key: "0", dtype: "f32", elements: 9, first: 0 },
  offset,
  shape: [],
  strides: [],
});
const map = (...pairs: [PickleValue, PickleValue][]) => new Map<PickleValue, PickleValue>(pairs);

test("tensors are named by their paths", () => {
  const [a, b, c] = [tensor(0), tensor(1), tensor(2)];
  const module = record("my.Module", [c]);
  module.state = map(["weight", b]);
  module.entries.set(true, a);
  const callback: PickleValue = { kind: "global", name: "my.Callback" };
  const root = map(
    ["x.y", a],
    ["list", [3, [b]]],
    [7, module],
    [callback, c],
    [["p", 2, ["q"]], map([null, a])],
  );
  assert.deepEqual(
    [...tensorNames(root, "file")].map(([name, { offset }]) => [name, offset]),
    [
      ["x.y", 0],
      ["list.1.0", 1],
      ["7.weight", 1],
      ["7.true", 0],
      ["7.args.0", 2],
      ["my.Callback", 2],
      ["(p, 2, (...)).None", 0],
    ],
  );
  assert.deepEqual([...tensorNames(a, "file").keys()], ["tensor"]);
  assert.deepEqual([...tensorNames(5, "file").keys()], []);
  assert.throws(
    () => tensorNames(map(["x.y", a], ["x", map(["y", b])]), "file"),
    /each name once, got x.y twice/,
  );
});

test("circles end, structures that explode or sink are refused", () => {
  const circle = map(["a", tensor(0)]);
  circle.set("self", circle);
  assert.deepEqual([...tensorNames(circle, "file").keys()], ["a"]);
  const plain = plainContent(circle, tensorNames(circle, "file")) as Record<string, unknown>;
  assert.equal(plain.self, plain);
  let laughs: PickleValue = [1];
  for (let i = 0; i < 40; i++) laughs = [laughs, laughs];
  assert.throws(() => tensorNames(laughs, "file"), /paths through its objects/);
  let deep: PickleValue = [];
  for (let i = 0; i < 401; i++) deep = [deep];
  assert.throws(() => tensorNames(deep, "file"), /nested 400 deep at most/);
  assert.throws(() => tensorNames(map(["k".repeat(4097), tensor(0)]), "file"), /names of at most 4096/);
});

test("the rest is plain data", () => {
  const settings = record("my.Settings", []);
  settings.entries.set("size", 384);
  const list = record("my.List", []);
  list.items.push(1, 2);
  const path = record("pathlib.PosixPath", ["a", "b"]);
  const root = map(
    ["state_dict", map(["w", tensor(3)])],
    ["config", settings],
    ["list", list],
    ["path", path],
    ["big", 2n ** 64n],
    ["type", { kind: "global", name: "torch.float32" }],
    [1, "number"],
    ["__proto__", map(["polluted", true])],
    ["keys", map([1, "a"], ["1", "b"])],
  );
  const content = plainContent(root, tensorNames(root, "file")) as Record<string, unknown>;
  assert.deepEqual(Object.entries(content), [
    ["1", "number"],
    ["state_dict", { w: { tensor: "state_dict.w" } }],
    ["config", { size: 384 }],
    ["list", [1, 2]],
    ["path", { class: "pathlib.PosixPath", args: ["a", "b"] }],
    ["big", "18446744073709551616"],
    ["type", { class: "torch.float32" }],
    ["__proto__", { polluted: true }],
    [
      "keys",
      [
        ["1", "a"],
        ["1", "b"],
      ],
    ],
  ]);
  assert.equal(Object.getPrototypeOf(content), Object.prototype);
});
