import assert from "node:assert/strict";
import { test } from "node:test";
import type { TensorFile } from "./tensor-file.ts";
import { weightsOf } from "./weights-of.ts";

function fileOf(names: string[], content?: unknown): TensorFile {
  const file: TensorFile = {
    path: "x.pt",
    tensors: new Map(names.map((name) => [name, { dtype: "f32", shape: [1] }])),
    read: async (name) => Float32Array.of(names.indexOf(name)),
    readInto: async (name, target) => target.fill(names.indexOf(name)) && undefined,
    close: async () => {},
  };
  return content === undefined ? file : Object.assign(file, { content });
}

test("the root is a dict of the saved object, not the first word of a name", () => {
  const tensor = { tensor: "x" };
  const cases: [string[], unknown, string, string[]][] = [
    [["model.a", "model.b"], undefined, "", ["model.a", "model.b"]],
    [["model.a", "model.b"], { "model.a": tensor, "model.b": tensor }, "", ["model.a", "model.b"]],
    [["model.a", "optimizer.0"], { model: { a: tensor }, optimizer: [tensor] }, "model.", ["a"]],
    [["model.a", "state_dict.b"], { model: { a: tensor }, state_dict: { b: tensor } }, "state_dict.", ["b"]],
    [["state_dict.model.a"], { state_dict: { "model.a": tensor } }, "state_dict.", ["model.a"]],
    [["module.a", "optimizer.0"], { module: { a: tensor }, optimizer: [tensor] }, "module.", ["a"]],
    [["model.module.a"], { model: { "module.a": tensor } }, "model.module.", ["a"]],
    [["module.a", "module.b"], undefined, "module.", ["a", "b"]],
    [["module.a", "b"], undefined, "", ["module.a", "b"]],
    [["model", "b"], { model: tensor, b: tensor }, "", ["model", "b"]],
    [["b"], { model: { size: 3 }, b: tensor }, "", ["b"]],
    [[], undefined, "", []],
  ];
  for (const [names, content, prefix, expected] of cases) {
    const weights = weightsOf(fileOf(names, content));
    assert.deepEqual([weights.prefix, [...weights.tensors.keys()]], [prefix, expected]);
  }
});

test("the view reads from the file", async () => {
  const weights = weightsOf(fileOf(["epoch", "module.a", "module.b"], { module: { a: {}, b: {} } }));
  assert.deepEqual(await weights.read("b"), Float32Array.of(2));
  const target = new Float32Array(1);
  await weights.readInto("a", target);
  assert.deepEqual(target, Float32Array.of(1));
});
